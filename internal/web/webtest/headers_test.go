package webtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vaccin/internal/web/webtest"
)

// everywhere are the headers of every answer but the content security policy, which has parts.
var everywhere = map[string]string{
	"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin", "X-Permitted-Cross-Domain-Policies": "none",
}

// TestEveryAnswerHasItsHeaders asks every address in every way: with no session, by password, as a doctor;
// reading and posting; answers, documents, suggestions, redirections and refusals.
func TestEveryAnswerHasItsHeaders(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.account(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	inject(doctor, p)
	guest := webtest.NewBrowser(t, h.base)
	enterPortal(guest, portalLogin, portalSecret)
	statuses, types := map[int]int{}, map[string]int{}
	answered := func(t *testing.T, b *webtest.Browser, r *http.Request) http.Header {
		t.Helper()
		for _, c := range b.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		statuses[answer.StatusCode]++
		kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
		types[kind]++
		csp := answer.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%d: the policy lacks %s: %s", answer.StatusCode, part, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("policy: %s", csp)
		}
		for name, want := range everywhere {
			if got := answer.Header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%d: %s: %q", answer.StatusCode, name, got)
			}
		}
		if !strings.Contains(answer.Header.Get("Permissions-Policy"), "geolocation=()") {
			t.Errorf("Permissions-Policy: %s", answer.Header.Get("Permissions-Policy"))
		}
		if answer.Header.Get("Server")+answer.Header.Get("X-Powered-By") != "" {
			t.Error("the answer says what made it")
		}
		return answer.Header
	}
	each(t, string(p.ID), func(asked) bool { return true }, func(t *testing.T, a asked) {
		for _, b := range []*webtest.Browser{webtest.NewBrowser(t, h.base), {T: t, Base: h.base, Jar: guest.Jar}, {T: t, Base: h.base, Jar: doctor.Jar}} {
			if strings.HasPrefix(a.path, "/deconnexion") {
				b = webtest.NewBrowser(t, h.base) // the others are needed again
			}
			want := "no-store"
			if a.path == "/" {
				want = "no-cache" // the same page for everyone, which holds nothing
			}
			for _, method := range []string{a.method, http.MethodDelete} {
				if method == http.MethodDelete {
					want = "no-store"
				}
				if got := answered(t, b, b.Request(method, a.path, nil)).Get("Cache-Control"); got != want {
					t.Errorf("%s: Cache-Control: %q", method, got)
				}
			}
		}
	})
	for _, path := range []string{"/inconnu", "//recherche", "/dossiers/../recherche", "/assets/rien.css", "/dossiers/" + strings.Repeat("f", 32)} {
		if got := answered(t, doctor, doctor.Request(http.MethodGet, path, nil)).Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control: %q", path, got)
		}
	}
	foreign := doctor.Request(http.MethodPost, "/recherche", form())
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := answered(t, doctor, foreign).Get("Cache-Control"); got != "no-store" {
		t.Errorf("from another site: Cache-Control: %q", got)
	}
	for _, status := range []int{200, 303, 401, 403, 404, 405, 422} {
		if statuses[status] == 0 {
			t.Errorf("no answer with status %d was seen: %v", status, statuses)
		}
	}
	for _, kind := range []string{"text/html", "application/pdf", "text/csv", "application/json", "text/plain"} {
		if types[kind] == 0 {
			t.Errorf("no answer of type %s was seen: %v", kind, types)
		}
	}
}

func TestReadyAsksTheStoreAndAliveAsksNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	ask := func(path string) (int, string) {
		answer, err := http.Get(h.base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s makes a cookie", path)
		}
		text := make([]byte, 100)
		n, _ := answer.Body.Read(text)
		return answer.StatusCode, strings.TrimSpace(string(text[:n]))
	}
	for _, m := range append(storeMethods, "Reference", "PracticePlaces") {
		h.failing.Fail(m, errDisk)
	}
	h.sessions.broken.Store(true)
	calls := h.sessions.calls.Load()
	if status, text := ask("/healthz"); status != http.StatusOK || text != "ok" {
		t.Errorf("alive: %d %q", status, text)
	}
	if status, text := ask("/readyz"); status != http.StatusServiceUnavailable || text != "store unreachable" {
		t.Errorf("ready: %d %q", status, text)
	}
	if h.sessions.calls.Load() != calls {
		t.Error("sessions are asked for")
	}
	h.failing.Fail("Reference", nil)
	status, text := ask("/readyz") // the answer of before serves for a second
	for start := time.Now(); status != http.StatusOK && time.Since(start) < 10*time.Second; status, text = ask("/readyz") {
		time.Sleep(100 * time.Millisecond)
	}
	if status != http.StatusOK || text != "ready" {
		t.Errorf("ready again: %d %q", status, text)
	}
	if strings.Contains(h.logs.String(), "panic") {
		t.Error("it panicked")
	}
}
