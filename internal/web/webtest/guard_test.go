package webtest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web"
	"vaccin/internal/web/webtest"
)

// asked is a route as a browser asks for it.
type asked struct {
	web.Route
	method, path string
}

// asks lists the routes, with a record's identifier in their place.
func asks(id string) []asked {
	list := []asked{}
	for _, r := range web.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		path = strings.NewReplacer("{id}", id, "{report}", id, "{person}", id, "{campaign}", id, "{run}", id, "{part}", id, "{match}", id+"-"+id, "{$}", "").Replace(path)
		list = append(list, asked{r, method, path})
	}
	return list
}

// each tries a set of routes, each in a test of its own.
func each(t *testing.T, id string, chosen func(asked) bool, try func(*testing.T, asked)) {
	t.Helper()
	n := 0
	for _, a := range asks(id) {
		if chosen(a) {
			n++
			t.Run(a.method+strings.ReplaceAll(strings.TrimPrefix(a.Pattern, a.method+" "), "/", "·"), func(t *testing.T) { try(t, a) })
		}
	}
	if n == 0 {
		t.Error("no route was tried")
	}
}

func entitled(a asked) bool { return a.Audience == web.Entitled }

// ofDoctors tells the pages that the policy opens to a doctor.
func ofDoctors(a asked) bool {
	c := registry.Case{Actor: registrytest.Doctor("Martin"), Reference: registrytest.Reference(), Today: registry.MustDate("2021-02-01")}
	return entitled(a) && a.May(c) == nil
}

func ofRecord(a asked) bool { return strings.Contains(a.Pattern, "{id}") }

// secrets are what no page may show to who may not see it.
func secrets(p registry.ImportedPerson) []string {
	return []string{"DURAND", "LEFÈVRE", p.Patient.GivenNames, p.Patient.Holder.Format(), p.Patient.BirthDate.French(), p.Code.Format()}
}

func withCode(code registry.TargetCode) func(*registry.ImportedPerson) {
	return func(p *registry.ImportedPerson) { p.Code = code }
}

// form is something typed that must not be lost.
func form() url.Values { return url.Values{"lot": {"EJ6795"}, "reason": {"un motif à garder"}} }

func TestGuards(t *testing.T) {
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	inject(doctor, p)
	id := string(p.ID)

	t.Run("without a session", func(t *testing.T) {
		each(t, id, func(a asked) bool { return a.Audience == web.SignedIn || a.Audience == web.Entitled }, func(t *testing.T, a asked) {
			b := webtest.NewBrowser(t, h.base)
			page := b.Do(b.Request(a.method, a.path, form())).Want(http.StatusUnauthorized, "Connectez-vous", "S’identifier avec Pro Santé Connect")
			if told := page.Says("n’a pas été enregistré"); told != (a.method == http.MethodPost) {
				t.Errorf("what was sent is said to be lost: %v", told)
			}
			page.Not(secrets(p)...)
			if b.Cookie("vaccin_session") != "" {
				t.Error("a session is made for nobody")
			}
			if a.method == http.MethodPost {
				page.Not("conservée")
			}
			if want := "/connexion/psc?retour=" + url.QueryEscape(a.path); page.Link("S’identifier") != want {
				t.Errorf("the sign-in leads to %s", page.Link("S’identifier"))
			}
		})
	})
	t.Run("no place chosen", func(t *testing.T) {
		b := h.signIn(t, legrand)
		each(t, id, entitled, func(t *testing.T, a asked) {
			b := &webtest.Browser{T: t, Base: b.Base, Jar: b.Jar}
			page := b.Do(b.Request(a.method, a.path, form())).Want(http.StatusOK, "Où exercez-vous en ce moment ?").Not(secrets(p)...)
			if page.URL.Path != "/lieu" {
				t.Errorf("led to %s", page.URL.Path)
			}
		})
	})
	t.Run("profession not authorised at this date", func(t *testing.T) {
		h.clock.SetDay("2021-01-03")
		defer h.clock.SetDay("2021-02-01")
		each(t, id, ofDoctors, func(t *testing.T, a asked) {
			b := &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar}
			b.Do(b.Request(a.method, a.path, form())).
				Want(http.StatusForbidden, "le téléservice n’est pas ouvert à votre profession").Not(secrets(p)...)
		})
	})
	t.Run("unknown record", func(t *testing.T) {
		for _, unknown := range []string{strings.Repeat("f", 32), "..%2f..", "%00", "%FF%FE", strings.Repeat("a", 4000), "1'%20OR%201=1"} {
			each(t, unknown, ofRecord, func(t *testing.T, a asked) {
				b := &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar}
				b.Do(b.Request(a.method, a.path, form())).Want(http.StatusNotFound, "introuvable").Not(secrets(p)...)
			})
		}
	})
	t.Run("from another site", func(t *testing.T) { crossSite(t, doctor, p) })
	t.Run("oversize form", func(t *testing.T) {
		each(t, id, func(a asked) bool { return a.method == http.MethodPost && a.Audience != web.Provider }, func(t *testing.T, a asked) {
			b := &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar}
			b.Do(b.Request(a.method, a.path, url.Values{"lot": {strings.Repeat("x", 1<<20)}})).
				Want(http.StatusUnprocessableEntity, "trop volumineux").Not(secrets(p)...)
		})
	})
	t.Run("wrong method", func(t *testing.T) {
		each(t, id, func(asked) bool { return true }, func(t *testing.T, a asked) {
			b := &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar}
			page := b.Do(b.Request(http.MethodDelete, a.path, nil)).Want(http.StatusMethodNotAllowed).Not(secrets(p)...)
			if !strings.Contains(strings.Join(page.Header.Values("Allow"), ","), a.method) {
				t.Errorf("Allow: %v", page.Header.Values("Allow"))
			}
		})
	})
	t.Run("unknown page", func(t *testing.T) {
		for _, path := range []string{"/inconnu", "/dossiers/", "/dossiers/" + id + "/vaccination-3", "/recherche/", "/.git/config", "/%00"} {
			doctor.Get(path).Want(http.StatusNotFound, "introuvable")
		}
	})
	t.Run("head", func(t *testing.T) {
		each(t, id, func(a asked) bool { return a.method == http.MethodGet && !strings.HasPrefix(a.path, "/connexion/") }, func(t *testing.T, a asked) {
			b := &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar}
			get, head := b.Get(a.path), b.Do(b.Request(http.MethodHead, a.path, nil))
			if head.Status != get.Status || head.Body != "" {
				t.Errorf("%d with %d bytes, where GET answers %d", head.Status, len(head.Body), get.Status)
			}
		})
	})
}

// crossSite sends every form as a page of another site would, and one as an old browser sends ours.
func crossSite(t *testing.T, doctor *webtest.Browser, p registry.ImportedPerson) {
	each(t, string(p.ID), func(a asked) bool { return a.method == http.MethodPost }, func(t *testing.T, a asked) {
		for name, header := range map[string][2]string{
			"fetch metadata": {"Sec-Fetch-Site", "cross-site"}, "sibling": {"Sec-Fetch-Site", "same-site"},
			"origin": {"Origin", "https://mechant.exemple"}, "opaque": {"Origin", "null"},
		} {
			b := &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar}
			r := b.Request(a.method, a.path, form())
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set(header[0], header[1])
			if page := b.Do(r).Want(http.StatusForbidden, "vient d’un autre site").Not(secrets(p)...); page.Says("motif à garder") {
				t.Errorf("%s: what another site sent is shown", name)
			}
		}
	})
	r := doctor.Request(http.MethodPost, "/recherche", url.Values{"code": {"zz"}})
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Set("Origin", doctor.Base)
	doctor.Do(r).Want(http.StatusUnprocessableEntity)
}

var errDisk = errors.New("disk full at sector 7")

// storeMethods are those that pages use; a page of a record uses one of them at least.
var storeMethods = []string{
	"Facts", "Read", "FindByCode", "FindByNIR", "FindByKey", "Apply", "Log", "LogTried", "Throttle", "OwnActs", "Reports", "Entries", "Holdings", "LocalitiesNamed", "Localities", "Places", "Lots",
}

func TestWhenTheStoreFails(t *testing.T) {
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	tab := func(t *testing.T) *webtest.Browser { return &webtest.Browser{T: t, Base: doctor.Base, Jar: doctor.Jar} }
	t.Run("every method", func(t *testing.T) {
		for _, m := range storeMethods {
			h.failing.Fail(m, errDisk)
			defer h.failing.Fail(m, nil)
		}
		each(t, string(p.ID), ofRecord, func(t *testing.T, a asked) {
			page := tab(t).Do(tab(t).Request(a.method, a.path, form())).
				Want(http.StatusInternalServerError, "n’a pas pu traiter votre demande").Not(secrets(p)...).Not("sector")
			if a.method == http.MethodPost {
				again := page.Form("lot")
				if again.Action != a.path || again.Values.Encode() != form().Encode() {
					t.Errorf("the form to send again is %s %v", again.Action, again.Values)
				}
			}
		})
	})
	t.Run("the log alone, at a refusal", func(t *testing.T) {
		h.failing.Fail("Log", errDisk)
		defer h.failing.Fail("Log", nil)
		b := tab(t)
		b.Post(address(p, dose2), form()).Want(http.StatusInternalServerError).Not(secrets(p)...)
	})
	t.Run("the store away", func(t *testing.T) {
		b := tab(t)
		f := injected(b.Get(address(p, dose1)).Form("lot"))
		for m, ask := range map[string]func() *webtest.Page{
			"Read":  func() *webtest.Page { return b.Get(address(p, dose1)) },
			"Apply": func() *webtest.Page { return f.Send(b) },
		} {
			h.failing.Fail(m, fmt.Errorf("%w: %w", registry.ErrUnavailable, errDisk))
			page := ask().Want(http.StatusServiceUnavailable, "Service momentanément indisponible").Not(secrets(p)...)
			h.failing.Fail(m, nil)
			if page.Header.Get("Retry-After") != "5" {
				t.Errorf("%s: it is not said when to come back", m)
			}
			if m == "Apply" && page.Form("lot").Values.Encode() != f.Values.Encode() {
				t.Error("what was typed is lost")
			}
		}
	})
	t.Run("then sent again", func(t *testing.T) {
		b := tab(t)
		f := injected(b.Get(address(p, dose1)).Form("lot"))
		h.failing.Fail("Apply", errDisk)
		page := f.Send(b).Want(http.StatusInternalServerError, "rien ne sera enregistré deux fois")
		h.failing.Fail("Apply", nil)
		page.Form("lot").Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination")
		page.Form("lot").Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination")
		if n := len(h.record(t, p.ID).FirstDoses); n != 1 {
			t.Errorf("%d doses", n)
		}
	})
	t.Run("the sessions", func(t *testing.T) {
		h.sessions.broken.Store(true)
		defer h.sessions.broken.Store(false)
		each(t, string(p.ID), entitled, func(t *testing.T, a asked) {
			page := tab(t).Do(tab(t).Request(a.method, a.path, form())).Want(http.StatusInternalServerError).Not(secrets(p)...)
			if a.method == http.MethodPost && page.Form("lot").Values.Encode() != form().Encode() {
				t.Error("what was typed is lost")
			}
		})
	})
	if strings.Contains(h.logs.String(), "panic") {
		t.Error("a page panicked")
	}
}

func TestTheHomePageTouchesNothing(t *testing.T) {
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	for _, m := range append(storeMethods, "Reference", "PracticePlaces") {
		h.failing.Fail(m, errDisk)
	}
	before := h.sessions.calls.Load()
	page := b.Get("/").Want(http.StatusOK, "S’identifier avec Pro Santé Connect", "Contacter l’assistance")
	if n := h.sessions.calls.Load() - before; n != 0 || len(page.Header.Values("Set-Cookie")) != 0 {
		t.Errorf("%d calls, cookies %v", n, page.Header.Values("Set-Cookie"))
	}
	if page.Link("S’identifier") != "/connexion/psc" {
		t.Error("no button")
	}
	for _, path := range []string{"/assistance", "/annexe", "/mentions-legales", "/donnees-personnelles", "/accessibilite", "/deconnecte"} {
		if page := b.Get(path).Want(http.StatusOK); len(page.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s makes a cookie", path)
		}
	}
}

func TestEveryFormHasItsPage(t *testing.T) {
	pages := map[string]bool{}
	for _, a := range asks("1") {
		pages[a.method+" "+a.path] = true
	}
	for _, a := range asks("1") {
		if a.method == http.MethodPost && a.Audience == web.Entitled && !pages["GET "+a.path] {
			t.Errorf("%s: a form kept when its session ended would have no page to come back to", a.Pattern)
		}
	}
}

// TestWhereAFormIsSentThereIsAPage: the script leads whoever comes back to a form that was refused to the page at its address. What has no form is sent
// from a button.
func TestWhereAFormIsSentThereIsAPage(t *testing.T) {
	pages, sent := map[string]bool{}, []string{}
	for _, r := range web.Routes() {
		if method, path, _ := strings.Cut(r.Pattern, " "); method == http.MethodGet {
			pages[path] = true
		} else if r.Audience != web.Provider {
			sent = append(sent, path)
		}
	}
	for _, path := range sent {
		if !pages[path] && path != "/deconnexion" {
			t.Errorf("there is no page at %s, to which a form is sent", path)
		}
	}
}
