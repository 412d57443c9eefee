package webtest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

func TestWhatWasRecordedInOnesNameIsListedAndReported(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	author, other := h.signIn(t, marchand), h.signIn(t, benali)
	author.Get("/mes-actes").Want(http.StatusOK, "Aucun acte n’est enregistré en votre nom")
	declare(author, p)
	h.clock.Set(h.clock.Now().Add(time.Minute))
	inject(author, p)
	page := author.Get(author.Get("/recherche").Link("Mes actes récents")).
		Want(http.StatusOK, "1ère vaccination", "Déclaration d’éligibilité", "DURAND (née LEFÈVRE)", "Pro Santé Connect", "01/02/2021 à 10\u00a0h\u00a001")
	other.Get("/mes-actes").Want(http.StatusOK, "Aucun acte").Not(secrets(p)...)

	report := page.Link("Ce n’est pas moi") // of the latest act
	for _, secret := range secrets(p) {
		if strings.Contains(report, secret) || strings.Contains(report, url.QueryEscape(secret)) {
			t.Errorf("the address tells of the patient: %s", report)
		}
	}
	other.Get(report).Want(http.StatusNotFound, "ne figure pas parmi les vôtres").Not(secrets(p)...)
	f := author.Get(report).Want(http.StatusOK, "Signaler un acte", "1ère vaccination", "DURAND").Form("note")
	other.Post("/mes-actes/signaler", f.Values).Want(http.StatusNotFound, "ne figure pas parmi les vôtres").Not(secrets(p)...)
	f.Fill("note", "bip\abip").Send(author).Want(http.StatusUnprocessableEntity, "caractère invisible")
	f.Fill("note", strings.Repeat("é", 301)).Send(author).Want(http.StatusUnprocessableEntity, "au plus 300")
	f.Fill("note", "Je n’exerçais pas ce jour-là")
	f.Send(author).Want(http.StatusOK, "Signalement transmis", "Signalé")
	f.Send(author).Want(http.StatusOK, "Signalement transmis") // Back, and sent again
	author.Get(report).Want(http.StatusOK, "déjà été signalé")

	reports, err := h.store.Reports(t.Context(), registry.ReportsQuery{Limit: 9}, registry.Event{At: h.clock.Now(), Action: registry.ActionReadReports})
	if err != nil || len(reports) != 1 || reports[0].Act.Action != registry.ActionRecordFirstDose || reports[0].Act.Record != p.ID ||
		reports[0].Note != "Je n’exerçais pas ce jour-là" {
		t.Errorf("%+v, %v", reports, err)
	}
	support := h.as(t, registry.RoleSupport)
	support.Get(support.Get("/signalements").Link("Acte non reconnu")).Want(http.StatusOK, "Date de l’acte", "heures sont celles de Paris")
	if r := h.record(t, p.ID); !r.Done(registry.StepFirstDose) {
		t.Error("to report an act undoes it")
	}
}

func TestActsThatAreNobodysAreNotReported(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	act := url.Values{}
	for _, part := range strings.Split(strings.SplitN(b.Get("/mes-actes").Link("Ce n’est pas moi"), "?", 2)[1], "&") {
		name, value, _ := strings.Cut(part, "=")
		act.Set(name, value)
	}
	for name, wrong := range map[string][]string{
		"dossier": {"", "x", strings.Repeat("f", 32)}, "acte": {"", "read-record", "annul-eligibility"},
		"version": {"", "0", "2", "x", "2147483648", "-2147483649", "99999999999999999999"}, "instant": {"", "0", "-1", "x", "1", "9223372036854775807"},
	} {
		for _, value := range wrong {
			forged := url.Values{}
			for n := range act {
				forged.Set(n, act.Get(n))
			}
			forged.Set(name, value)
			b.Post("/mes-actes/signaler", forged).Want(http.StatusNotFound, "ne figure pas parmi les vôtres")
			b.Get("/mes-actes/signaler?"+forged.Encode()).Want(http.StatusNotFound, "ne figure pas parmi les vôtres")
		}
	}
	b.Get("/mes-actes/signaler").Want(http.StatusNotFound)
	b.Post("/mes-actes/signaler", act).Want(http.StatusOK, "Signalement transmis")
}

func TestOlderActsAreOnTheNextPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	for range registry.OwnActsShown/2 + 5 {
		p := h.patient(t)
		for range 2 {
			h.clock.Set(h.clock.Now().Add(time.Second))
			if h.record(t, p.ID).Done(registry.StepEligibility) {
				inject(b, p)
			} else {
				declare(b, p)
			}
		}
	}
	page := b.Get("/mes-actes")
	rows := func(p *webtest.Page) int { return len(p.Root.Tags("tr")) - 1 }
	older := b.Get(page.Link("Actes plus anciens"))
	if rows(page) != registry.OwnActsShown || rows(older) != 10 || older.Link("Actes plus anciens") != "" {
		t.Errorf("%d acts, then %d", rows(page), rows(older))
	}
	if older.Link("Revenir aux actes les plus récents") != "/mes-actes" {
		t.Error("no way back to the latest acts")
	}
	b.Get("/mes-actes?avant=1").Want(http.StatusOK, "Aucun acte plus ancien")
}

func TestOlderReportsAreOnTheNextPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	doctor, support := h.signIn(t, marchand), h.as(t, registry.RoleSupport)
	for range registry.ReportsShown + 1 {
		h.clock.Set(h.clock.Now().Add(time.Second))
		declare(doctor, h.patient(t))
		doctor.Get(doctor.Get("/mes-actes").Link("Ce n’est pas moi")).Form("note").Fill("note", "Pas moi").Send(doctor).Want(http.StatusOK)
	}
	paged := func(address string) {
		page := support.Get(address).Want(http.StatusOK)
		older := support.Get(page.Link("Signalements plus anciens")).Want(http.StatusOK)
		if rowsOf(page) != registry.ReportsShown || rowsOf(older) != 1 || older.Link("Signalements plus anciens") != "" {
			t.Errorf("%s: %d reports, then %d", address, rowsOf(page), rowsOf(older))
		}
	}
	paged("/signalements")
	for range registry.ReportsShown + 1 {
		open := support.Get(support.Get("/signalements").Link("Acte non reconnu"))
		open.Form("outcome").Fill("outcome", "Jointe").Send(support).Want(http.StatusOK, "Signalement traité")
	}
	paged("/signalements?traites=oui")
}

// Guessing over HTTP: the search keeps what was typed and says how long to wait; another account notices
// nothing.
func TestWhoGuessesIsToldToWait(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	thief, other := h.signIn(t, marchand), h.signIn(t, benali)
	wrong := registry.TargetCode(987654321).Format()
	for try := range 31 {
		f := thief.Get("/recherche").Form("code").Fill("code", wrong)
		page := f.Send(thief)
		if try < 30 {
			page.Want(http.StatusNotFound, "Aucun patient ne porte ce code")
			continue
		}
		page.Want(http.StatusTooManyRequests, "réessayez dans 15\u00a0minutes")
		if page.Form("code").Values.Get("code") != wrong || page.Error("code") == "" {
			t.Error("what was typed is lost, or the reason is not beside it")
		}
		if seconds, err := strconv.Atoi(page.Header.Get("Retry-After")); err != nil || seconds < 890 || seconds > 900 {
			t.Errorf("Retry-After: %s", page.Header.Get("Retry-After"))
		}
	}
	thief.Get("/recherche").Form("code").Fill("code", p.Code.Format()).Send(thief).Want(http.StatusTooManyRequests).Not(secrets(p)[:3]...)
	byNIR(thief, "nir", p.Patient.Holder.Format()).Want(http.StatusTooManyRequests, "Recherches suspendues", "15\u00a0minutes").Not(secrets(p)[:3]...)
	thief.Get(address(p, "")).Want(http.StatusOK, "DURAND") // a record that is open stays open
	byNIR(other, "nir", p.Patient.Holder.Format()).Want(http.StatusOK, "DURAND")
	h.clock.Set(h.clock.Now().Add(15 * time.Minute))
	byNIR(thief, "nir", p.Patient.Holder.Format()).Want(http.StatusOK, "DURAND")
}

// blocked makes an account guess until its searches are suspended.
func blocked(b *webtest.Browser) {
	b.T.Helper()
	for range 31 {
		b.Post("/recherche", url.Values{"code": {registry.TargetCode(987654321).Format()}})
	}
	b.Post("/recherche", url.Values{"code": {registry.TargetCode(987654321).Format()}}).Want(http.StatusTooManyRequests)
}

func TestOverseersReadReportsAndSayWhatCameOfThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	doctor := h.signIn(t, marchand)
	support, officer := h.as(t, registry.RoleSupport), h.as(t, registry.RoleDataProtection)
	support.Get("/signalements").Want(http.StatusOK, "Aucun signalement n’est à traiter")
	declare(doctor, p)
	f := doctor.Get(doctor.Get("/mes-actes").Link("Ce n’est pas moi")).Form("note").Fill("note", "Pas moi")
	f.Send(doctor).Want(http.StatusOK, "Signalement transmis")
	h.clock.Set(h.clock.Now().Add(time.Minute))
	blocked(doctor)

	for _, b := range []*webtest.Browser{support, officer} {
		list := b.Get("/signalements").Want(http.StatusOK, "Recherches suspendues", "Acte non reconnu", "Dr. Hélène MARCHAND", "Cabinet médical des Tilleuls")
		list.Not(secrets(p)...)
		act := b.Get(list.Link("Acte non reconnu")).Want(http.StatusOK, "Pas moi", "Déclaration d’éligibilité").Not(secrets(p)...)
		if opens := act.Link("Ouvrir le dossier concerné") != ""; opens != (b == support) {
			t.Errorf("the record is offered: %v", opens)
		}
	}
	support.Get(support.Get(support.Get("/signalements").Link("Acte non reconnu")).Link("Ouvrir le dossier")).Want(http.StatusOK, "DURAND")

	page := support.Get(support.Get("/signalements").Link("Recherches suspendues")).Want(http.StatusOK, "Lever la suspension")
	close := page.Form("outcome")
	close.Send(support).Want(http.StatusUnprocessableEntity, "Indiquez la suite donnée")
	long := url.Values{registry.FieldOutcome: {strings.Repeat("a", 301)}}
	if got := support.Post(page.URL.Path, long).Want(http.StatusUnprocessableEntity, "au plus 300").Form("outcome").Values.Get("outcome"); got != long.Get(registry.FieldOutcome) {
		t.Errorf("%q comes back", got)
	}
	h.expire(support)
	expired := support.Post(page.URL.Path, long).Want(http.StatusUnauthorized, "Votre saisie est conservée")
	if got := h.enter(support, "assistance", expired.Link("Vous êtes agent")).Want(http.StatusOK).Form("outcome").Values.Get("outcome"); got != long.Get(registry.FieldOutcome) {
		t.Errorf("%q is kept", got)
	}
	close.Fill("outcome", "Jointe par téléphone", "lift", "on").Send(support).Want(http.StatusOK, "Signalement traité").Not("Recherches suspendues")
	close.Send(support).Want(http.StatusConflict, "déjà été traité")
	doctor.Get("/recherche").Form("code").Fill("code", h.record(t, p.ID).Code.Format()).Send(doctor).Want(http.StatusOK, "Dossier du patient")
	officer.Get("/signalements?traites=oui").Want(http.StatusOK, "Signalements traités", "Recherches suspendues").Not("Acte non reconnu")
	closed := officer.Get("/signalements?traites=oui").Link("Recherches suspendues")
	officer.Get(closed).Want(http.StatusOK, "Jointe par téléphone").Not("Clore le signalement")
	officer.Get("/signalements/"+strings.Repeat("f", 32)).Want(http.StatusNotFound, "n’existe pas")
	doctor.Get("/signalements").Want(http.StatusForbidden, "Votre rôle ne permet pas")
	doctor.Get(closed).Want(http.StatusForbidden).Not("Jointe")
}

// An agent who guesses is told so where they search, beside what they typed.
func TestAnAgentWhoGuessesIsToldToWait(t *testing.T) {
	t.Parallel()
	h := open(t)
	wrong := registry.TargetCode(987654321).Format()
	for path, role := range map[string]registry.Role{"/oppositions": registry.RoleSupport, "/demandes-acces": registry.RoleDataProtection} {
		agent := h.as(t, role)
		var page *webtest.Page
		for range 31 {
			page = agent.Get(path).Form(registry.FieldPerson).Fill(registry.FieldPerson, wrong, registry.FieldRequested, "on").Send(agent)
		}
		page.Want(http.StatusTooManyRequests, "Recherches suspendues")
		if page.Header.Get("Retry-After") == "" || page.Form(registry.FieldPerson).Values.Get(registry.FieldPerson) != wrong || page.Error(registry.FieldPerson) == "" {
			t.Errorf("%s: to wait %q, %q beside %q", path, page.Header.Get("Retry-After"), page.Error(registry.FieldPerson), page.Form(registry.FieldPerson).Values.Get(registry.FieldPerson))
		}
	}
}

// To post the form of a new patient without having searched is a search: a thief who enters numbers in turn is
// blocked too, and a number that was searched for is not counted twice.
func TestEnteringPatientsIsNoWayToGuess(t *testing.T) {
	t.Parallel()
	h := open(t)
	known := h.patient(t)
	honest, thief := h.signIn(t, benali), h.signIn(t, marchand)
	entry := person(honest.Get(byNIR(honest, "nir", registrytest.NIR(5000).Format()).Want(http.StatusOK, "via ce lien").Link("via ce lien")).Form("birth_name"))
	entry.Send(honest).Want(http.StatusOK, "Dossier du patient")

	forged := url.Values{}
	for name := range entry.Values {
		forged.Set(name, entry.Values.Get(name))
	}
	forged.Del("recherche")
	made, stopped := 0, false
	for n := range 100 {
		number := registrytest.NIR(6000 + n)
		forged.Set("nir", number.Digits()+number.Key())
		page := thief.Post("/patients/nouveau", forged)
		if stopped = page.Status == http.StatusTooManyRequests; stopped {
			page.Want(http.StatusTooManyRequests, "Recherches suspendues")
			break
		}
		made++
	}
	if !stopped || made != 60 {
		t.Errorf("%d patients were entered, stopped %v", made, stopped)
	}
	holder := known.Patient.Holder
	forged.Set("nir", holder.Digits()+holder.Key())
	thief.Post("/patients/nouveau", forged).Want(http.StatusTooManyRequests).Not(secrets(known)[:3]...)
	// A search that was only begun is not made.
	search := thief.Post("/recherche", url.Values{"nir": {holder.Format()}}).URL.Query().Get("recherche")
	forged.Set("recherche", search)
	thief.Post("/patients/nouveau", forged).Want(http.StatusTooManyRequests).Not(secrets(known)[:3]...)
	// Nor is one that somebody else made.
	byNIR(honest, "nir", holder.Format()).Want(http.StatusOK)
	for _, c := range searchCookies(honest) {
		give(thief, c)
		forged.Set("recherche", strings.TrimPrefix(c.Name, "vaccin_kept_search_"))
		thief.Post("/patients/nouveau", forged).Want(http.StatusTooManyRequests).Not(secrets(known)[:3]...)
	}
}

// A report on one's own account is read and not closed, whatever form is sent; a colleague's page closes it.
func TestAReportOnOnesOwnAccountIsForSomebodyElse(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	thief, officer := h.as(t, registry.RoleSupport), h.as(t, registry.RoleDataProtection)
	blocked(thief)
	page := thief.Get(thief.Get("/signalements").Link("Recherches suspendues")).Want(http.StatusOK, "concerne votre compte", "une autre personne")
	page.Not("Clore le signalement", "Lever la suspension")
	forged := url.Values{registry.FieldOutcome: {"Vu"}, "lift": {"on"}}
	thief.Post(page.URL.Path, forged).Want(http.StatusForbidden, "concerne votre compte")
	search := url.Values{"code": {p.Code.Format()}}
	thief.Post("/recherche", search).Want(http.StatusTooManyRequests)

	officer.Get(page.URL.Path).Want(http.StatusOK, "Clore le signalement").Form("outcome").Fill("outcome", "Vu avec elle", "lift", "on").Send(officer).
		Want(http.StatusOK, "Signalement traité")
	thief.Post("/recherche", search).Want(http.StatusOK, "Dossier du patient")
}
