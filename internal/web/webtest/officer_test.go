package webtest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// consult asks the log for what a form says.
func consult(b *webtest.Browser, pairs ...string) *webtest.Page {
	b.T.Helper()
	return b.Get("/journal").Form(registry.FieldProfessional).Fill(pairs...).Send(b)
}

// entryOf is where the latest entry of those on a page of the log is that says something.
func entryOf(p *webtest.Page, says string) string {
	for _, a := range p.Root.Tags("a") {
		if strings.HasPrefix(a.Attr("href"), "/journal/entree") && strings.Contains(a.Content(), says) {
			return a.Attr("href")
		}
	}
	return ""
}

func rowsOf(p *webtest.Page) int { return max(0, len(p.Root.Tags("tr"))-1) }

// listsNot tells that no row of the table says something, which the form above it may.
func listsNot(p *webtest.Page, text string) {
	p.T.Helper()
	for _, row := range p.Root.Tags("tr") {
		if strings.Contains(row.Content(), text) {
			p.T.Errorf("%s lists %q", p.URL.Path, text)
		}
	}
}

// logged are the entries of the log of an action, the latest first.
func (h *house) logged(t *testing.T, action registry.Action) (found []registry.Event) {
	t.Helper()
	events, err := h.store.Events(t.Context(), registry.EventQuery{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Action == action {
			found = append(found, e)
		}
	}
	return found
}

func TestTheOfficerReadsTheLogByPractitionerPlacePatientAndPeriod(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, q := h.patient(t), h.patient(t)
	doctor, other, officer := h.signIn(t, marchand), h.signIn(t, benali), h.as(t, registry.RoleDataProtection)
	declare(doctor, p)
	h.clock.Set(h.clock.Now().Add(24 * time.Hour))
	other.Get(address(p, "")).Want(http.StatusOK)
	other.Get(address(q, "")).Want(http.StatusOK)

	first := officer.Get("/journal").Want(http.StatusOK, "Journal des accès")
	if rowsOf(first) != 0 || len(h.logged(t, registry.ActionReadLog)) != 0 {
		t.Error("the log is read before anything is asked for")
	}
	all := consult(officer).Want(http.StatusOK, "Déclaration d’éligibilité", "Consultation du dossier", "RPPS 99700810379", "Pro Santé Connect")
	all.Not(secrets(p)...).Not(string(p.ID), string(q.ID))
	if e := h.logged(t, registry.ActionReadLog); len(e) != 1 || e[0].Count != rowsOf(all) || e[0].Role != registry.RoleDataProtection {
		t.Errorf("the reading is logged as %+v", e)
	}

	mine := consult(officer, registry.FieldProfessional, "99700810379").Want(http.StatusOK, "Déclaration d’éligibilité").Not("RPPS 99700517453")
	if got := mine.Form(registry.FieldProfessional).Values.Get(registry.FieldProfessional); got != "99700810379" {
		t.Errorf("what was asked for is shown as %q", got)
	}
	listsNot(consult(officer, registry.FieldFrom, "02/02/2021").Want(http.StatusOK, "Consultation du dossier"), "Déclaration d’éligibilité")
	consult(officer, registry.FieldUntil, "01/02/2021").Want(http.StatusOK, "Déclaration d’éligibilité").Not("02/02/2021 à")
	consult(officer, registry.FieldProfessional, "10003456781").Want(http.StatusOK, "Aucune entrée", "pour ces critères")

	declared := consult(officer, registry.FieldLogAction, string(registry.ActionDeclareEligibility), registry.FieldFrom, "01/02/2021", registry.FieldUntil, "02/02/2021")
	declared.Want(http.StatusOK, "Déclaration d’éligibilité")
	for _, row := range declared.Root.Tags("tr")[1:] {
		if !strings.Contains(row.Content(), "Déclaration d’éligibilité") {
			t.Errorf("an entry of another action: %s", row.Content())
		}
	}
	if got := declared.Form(registry.FieldLogAction).Values.Get(registry.FieldLogAction); got != string(registry.ActionDeclareEligibility) {
		t.Errorf("the action asked for is shown as %q", got)
	}

	entry := officer.Get(all.Link("02/02/2021")).Want(http.StatusOK, "Entrée du journal", "Consultation du dossier")
	place := entry.Row("place")
	consult(officer, registry.FieldLogPlace, place, registry.FieldFrom, "01/02/2021", registry.FieldUntil, "02/02/2021").
		Want(http.StatusOK, entry.Row("where")).Not("Aucune entrée")
	if got := entry.Form(registry.FieldLogPlace).Send(officer).Want(http.StatusOK, "RPPS"); rowsOf(got) == 0 {
		t.Error("nothing of the place")
	}
	if got := entry.Form(registry.FieldProfessional).Send(officer).Want(http.StatusOK, entry.Row("who")); rowsOf(got) < 2 {
		t.Error("nothing of the person")
	}

	// Of one patient alone, whom the next search goes on to be about, until told otherwise.
	patient := entry.Row("patient")
	button := &webtest.Form{Action: "/journal", Values: url.Values{"entree": {entry.Form("reason").Values.Get("entree")}}}
	about := officer.Post(button.Action, button.Values).Want(http.StatusOK, patient)
	for _, row := range about.Root.Tags("tr")[1:] {
		if !strings.Contains(row.Content(), patient) {
			t.Errorf("an entry about someone else: %s", row.Content())
		}
	}
	narrowed := about.Form(registry.FieldProfessional).Fill(registry.FieldFrom, "01/02/2021").Send(officer).Want(http.StatusOK, "Tous les patients", patient)
	wide := narrowed.Form(registry.FieldProfessional).Fill("sans_patient", "oui").Send(officer).Want(http.StatusOK).Not("Tous les patients")
	if rowsOf(wide) <= rowsOf(narrowed) {
		t.Errorf("%d entries about all patients, %d about one", rowsOf(wide), rowsOf(narrowed))
	}
}

// Back from an entry leads to the page that it was opened from, also once its patient was asked for.
func TestAnEntryLeadsBackToWhereItWasFound(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	doctor, officer := h.signIn(t, marchand), h.as(t, registry.RoleDataProtection)
	declare(doctor, p)
	for range 25 {
		doctor.Get(address(p, "")).Want(http.StatusOK)
	}
	first := consult(officer, registry.FieldProfessional, "99700810379").Want(http.StatusOK, "Entrées plus anciennes")
	second := officer.Get(first.Link("Entrées plus anciennes")).Want(http.StatusOK)
	for name, found := range map[string]*webtest.Page{"the first page": first, "the second": second} {
		entry := officer.Get(found.Link("01/02/2021")).Want(http.StatusOK, "Entrée du journal")
		for _, page := range []*webtest.Page{
			entry, entry.Form("reason").Send(officer).Want(http.StatusUnprocessableEntity),
			entry.Form("reason").Fill("reason", "Réclamation n° 12").Send(officer).Want(http.StatusOK, "Patient identifié"),
		} {
			back := officer.Get(page.Link("Retour au journal")).Want(http.StatusOK)
			if back.Link("01/02/2021") != found.Link("01/02/2021") {
				t.Errorf("%s: back leads to another page", name)
			}
			if got := back.Form(registry.FieldProfessional).Values.Get(registry.FieldProfessional); got != "99700810379" {
				t.Errorf("%s: back asks for %q", name, got)
			}
		}
	}
	officer.Get("/journal/entree?"+strings.SplitN(first.Link("01/02/2021"), "?", 2)[1]+"&apres=x").Want(http.StatusOK, "Entrée du journal")
}

func TestAFormOfTheLogIsCorrectedBesideItsFields(t *testing.T) {
	t.Parallel()
	h := open(t)
	officer := h.as(t, registry.RoleDataProtection)
	for _, c := range []struct{ field, text, says string }{
		{registry.FieldProfessional, "Dupont", "numéro RPPS"},
		{registry.FieldFrom, "31/02/2021", "n’existe pas"},
		{registry.FieldUntil, "hier", "jour, mois, année"},
		{registry.FieldLogPlace, strings.Repeat("x", 200), "au plus 120"},
	} {
		f := officer.Get("/journal").Form(registry.FieldProfessional).Fill(c.field, c.text)
		page := f.Send(officer).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger")
		if !strings.Contains(page.Error(c.field), c.says) || page.Form(registry.FieldProfessional).Values.Get(c.field) != c.text {
			t.Errorf("%s: %q beside %q", c.field, page.Error(c.field), page.Form(registry.FieldProfessional).Values.Get(c.field))
		}
	}
	for field, value := range map[string]string{registry.FieldLogPlace: "R1", registry.FieldLogAction: string(registry.ActionDeliverLetters)} {
		page := consult(officer, field, value).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(page.Error(registry.FieldFrom), "période") || page.Form(field).Values.Get(field) != value {
			t.Errorf("%s without a period: %q", field, page.Error(registry.FieldFrom))
		}
	}
	page := officer.Post("/journal", url.Values{registry.FieldLogAction: {"dance"}}).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(page.Error(registry.FieldLogAction), "de la liste") {
		t.Errorf("an action that is none: %q", page.Error(registry.FieldLogAction))
	}
	officer.Get("/journal?consultation=inconnue").Want(http.StatusOK).Not("Aucune entrée")
	officer.Get("/journal/export.csv?consultation=inconnue").Want(http.StatusNotFound, "n’est plus connue")
	for _, wrong := range []string{"", "x", "1-", "-1", "1-1", "9223372036854775807-9223372036854775807", "1-99999999999999999999"} {
		officer.Get("/journal/entree?entree="+url.QueryEscape(wrong)).Want(http.StatusNotFound, "n’existe pas")
	}
}

var versionShown = regexp.MustCompile(`version.\d+`)

func TestTheLogIsPagedAndKeptAsAFile(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	officer := h.as(t, registry.RoleDataProtection)
	const entries = 120
	for i := range entries { // all of one microsecond
		event := registry.Event{
			At: h.clock.Now(), Role: registry.RolePractitioner, NationalID: "810003456781", PlaceID: "R9-cabinet", PlaceName: "=cmd|' /C calc'!A0",
			Door: registry.DoorPSC, Action: registry.ActionRead, Record: p.ID, Outcome: registry.OutcomeFound, Version: i + 1,
		}
		if err := h.store.Log(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	page := consult(officer, registry.FieldProfessional, "10003456781").Want(http.StatusOK)
	file := officer.Get(page.Link("Télécharger ces entrées")).Want(http.StatusOK)
	seen, pages := map[string]bool{}, 0
	for ; ; pages++ {
		for _, row := range page.Root.Tags("tr")[1:] {
			version := versionShown.FindString(row.Content())
			if seen[version] {
				t.Errorf("version %q is shown twice", version)
			}
			seen[version] = true
		}
		older := page.Link("Entrées plus anciennes")
		if older == "" {
			break
		}
		page = officer.Get(older).Want(http.StatusOK, "Revenir aux entrées les plus récentes")
	}
	if len(seen) != entries || pages != 5 {
		t.Errorf("%d entries on %d pages", len(seen), pages+1)
	}
	lines := strings.Split(strings.TrimSpace(file.Body), "\r\n")
	if len(lines) != entries+1 || !strings.Contains(lines[1], ";'=cmd|' /C calc'!A0;") || !strings.HasPrefix(file.Body, "\uFEFFDate et heure") {
		t.Errorf("the file has %d lines: %s", len(lines), lines[1])
	}
	if strings.Contains(file.Body, string(p.ID)) || !strings.Contains(lines[1], ";P-") {
		t.Error("the file tells of the patient")
	}
	for _, name := range []string{"10003456781", "R9-cabinet"} {
		if line := lineWith(strings.Join(officer.Visited, "\n"), name); line != "" {
			t.Errorf("an address holds %s: %s", name, line)
		}
	}
}

func TestAPseudonymIsResolvedOnceForAReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor, officer, support := h.signIn(t, marchand), h.as(t, registry.RoleDataProtection), h.as(t, registry.RoleSupport)
	declare(doctor, p)
	entry := officer.Get(consult(officer).Link("01/02/2021")).Want(http.StatusOK, "Identifier ce patient").Not(secrets(p)...).Not(string(p.ID))
	pseudonym := entry.Row("patient")
	for _, path := range []string{"/dossiers/", "/demandes-acces/"} {
		for _, b := range []*webtest.Browser{doctor, officer} {
			if page := b.Get(path + pseudonym); page.Status != http.StatusNotFound && page.Status != http.StatusForbidden {
				t.Errorf("%s and a pseudonym: %d", path, page.Status)
			}
		}
	}
	empty := entry.Form("reason").Send(officer).Want(http.StatusUnprocessableEntity, "Certains champs").Not(secrets(p)...)
	if empty.Error("reason") == "" {
		t.Error("the reason is not asked for beside its field")
	}
	if got := empty.Form("reason").Fill("reason", strings.Repeat("é", 301)).Send(officer).Want(http.StatusUnprocessableEntity); got.Form("reason").Values.Get("reason") == "" {
		t.Error("what was typed is lost")
	}
	resolved := entry.Form("reason").Fill("reason", "Réclamation n° 12").Send(officer).
		Want(http.StatusOK, "Patient identifié", "DURAND (née LEFÈVRE)", "15/06/1945", "Réclamation n° 12")
	resolved.Not(string(p.ID))
	if e := h.logged(t, registry.ActionResolve); len(e) != 1 || e[0].Reason != "Réclamation n° 12" || e[0].Record != p.ID {
		t.Errorf("logged %+v", e)
	}
	consult(officer).Want(http.StatusOK, "Identification d’un patient du journal").Not(secrets(p)...)
	support.Post("/journal/entree", entry.Form("reason").Values).Want(http.StatusForbidden).Not(secrets(p)...)
}

func TestAFormOfTheOfficerOutlivesItsSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	declare(h.signIn(t, marchand), h.patient(t))
	officer := h.as(t, registry.RoleDataProtection)
	entry := officer.Get(consult(officer).Link("01/02/2021"))
	f := entry.Form("reason").Fill("reason", "Réclamation 12")
	h.expire(officer)
	f.Send(officer).Want(http.StatusUnauthorized, "conservée")
	again := h.enter(officer, "dpo", "/connexion/agents").Want(http.StatusOK, "Votre saisie a été conservée")
	if again.Form("reason").Values.Get("reason") != "Réclamation 12" {
		t.Error("the reason is lost")
	}
	again.Form("reason").Send(officer).Want(http.StatusOK, "Patient identifié")
}

func TestAPersonWhoAsksGetsAllThatIsHeldOnThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor, officer := h.signIn(t, marchand), h.as(t, registry.RoleDataProtection)
	declare(doctor, p)
	inject(doctor, p)
	search := officer.Get(officer.Get("/agents/accueil").Link("Demandes d’accès")).Want(http.StatusOK, "Demande d’accès d’une personne").Form("person")
	refused := search.Send(officer).Want(http.StatusUnprocessableEntity)
	if refused.Error("person") == "" || refused.Error("requested") == "" {
		t.Error("the fields are not refused beside them")
	}
	number := p.Patient.Holder.Format()
	if page := search.Fill("person", number).Send(officer).Want(http.StatusUnprocessableEntity); page.Form("person").Values.Get("person") != number {
		t.Error("what was typed is lost")
	}
	for _, wrong := range []string{"2 69 05 49 588 157 81", registrytest.NIR(4242).Format(), registry.TargetCode(424242).Format()} {
		page := officer.Get("/demandes-acces").Form("person").Fill("person", wrong, "requested", "on").Send(officer)
		if page.Status != http.StatusUnprocessableEntity && page.Status != http.StatusNotFound || page.Error("person") == "" {
			t.Errorf("%s: %d, %q", wrong, page.Status, page.Error("person"))
		}
	}
	for _, typed := range []string{number, p.Code.Format()} {
		officer.Get("/demandes-acces").Form("person").Fill("person", typed, "requested", "on").Send(officer).
			Want(http.StatusOK, "Données détenues sur une personne", "DURAND (née LEFÈVRE)", "15/06/1945")
	}
	page := officer.Get("/demandes-acces/" + string(p.ID)).Want(http.StatusOK)
	pdf := officer.Get(page.Link("Télécharger le document")).Want(http.StatusOK)
	command := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
	command.Stdin = strings.NewReader(pdf.Body)
	text, err := command.Output()
	if err != nil || pdf.Header.Get("Content-Disposition") != `attachment; filename="donnees-personne.pdf"` {
		t.Fatal(err, pdf.Header)
	}
	for _, want := range []string{"DURAND", number, "Déclaration n° 1, version 1", "EHPAD Les Glycines", "Hélène MARCHAND", "RPPS 99700810379", "Demande de la personne"} {
		if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the document does not say %q:\n%s", want, text)
		}
	}
	file := officer.Get(page.Link("Télécharger les données")).Want(http.StatusOK)
	var held struct {
		Format string
		Record struct {
			ID         string
			FirstDoses []struct{ Versions []json.RawMessage }
		}
		Log []struct{ Action, NationalID, Reason string }
	}
	if err := json.NewDecoder(bytes.NewBufferString(file.Body)).Decode(&held); err != nil {
		t.Fatal(err)
	}
	if held.Record.ID != string(p.ID) || len(held.Record.FirstDoses) != 1 || len(held.Log) < 5 || held.Log[len(held.Log)-1].Reason != registry.ReasonRequested {
		t.Errorf("%+v", held)
	}
	if e := h.logged(t, registry.ActionDisclose); len(e) != 5 || e[0].Reason != registry.ReasonRequested || e[0].Record != p.ID {
		t.Errorf("%d readings are logged: %+v", len(e), e)
	}
	page.Form("personne").Send(officer).Want(http.StatusOK, "Tous les patients", "Réponse à une demande d’accès").Not(secrets(p)...)
	officer.Get("/demandes-acces/"+strings.Repeat("f", 32)).Want(http.StatusNotFound, "n’existe pas")
	for _, b := range []*webtest.Browser{doctor, h.as(t, registry.RoleSupport)} {
		for _, path := range []string{"", "/donnees.pdf", "/donnees.json"} {
			b.Get("/demandes-acces/" + string(p.ID) + path).Want(http.StatusForbidden).Not(secrets(p)...)
		}
	}
	for _, secret := range spellings(h, t, p) {
		if line := lineWith(strings.Join(officer.Visited, "\n")+"\n"+h.logs.String(), secret); line != "" {
			t.Errorf("an address or a log line holds %q: %s", secret, line)
		}
	}
}

func TestAmongAFamilyTheOfficerChooses(t *testing.T) {
	t.Parallel()
	h := open(t)
	one := h.patient(t)
	twin := h.patient(t, func(p *registry.ImportedPerson) {
		p.Patient.Holder, p.Patient.GivenNames, p.Patient.BirthRank = one.Patient.Holder, "Zélie", 2
	})
	officer := h.as(t, registry.RoleDataProtection)
	list := officer.Get("/demandes-acces").Form("person").Fill("person", one.Patient.Holder.Format(), "requested", "on").Send(officer).
		Want(http.StatusOK, "Plusieurs personnes", "Zélie")
	links := 0
	for _, a := range list.Root.Tags("a") {
		if strings.HasPrefix(a.Attr("href"), "/demandes-acces/") {
			links++
		}
	}
	if links != 2 {
		t.Errorf("%d persons to choose among", links)
	}
	officer.Get("/demandes-acces/"+string(twin.ID)).Want(http.StatusOK, "Zélie")
}

// What an operator did by a command, and the service by itself, bears the account of a machine: the officer finds it as they find what others did.
func TestTheOfficerFindsWhatAnOperatorDid(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.patient(t)
	h.as(t, registry.RoleSupport).Get("/rapprochements").Want(http.StatusOK)
	officer := h.as(t, registry.RoleDataProtection)
	entry := officer.Get(entryOf(consult(officer).Want(http.StatusOK, "exploitant:TEST"), "Import de personnes")).
		Want(http.StatusOK, "exploitant:TEST", "Objet ou empreinte", "digest")
	theirs := entry.Form(registry.FieldProfessional).Send(officer).Want(http.StatusOK, "Import de personnes")
	listsNot(theirs, "Lecture des rapprochements")
	if got := theirs.Form(registry.FieldProfessional).Values.Get(registry.FieldProfessional); got != "exploitant:TEST" {
		t.Errorf("the form says %q", got)
	}
	file := officer.Get(theirs.Link("Télécharger ces entrées")).Want(http.StatusOK)
	for _, want := range []string{";exploitant:TEST;", ";Objet ou empreinte", ";digest"} {
		if !strings.Contains(strings.ReplaceAll(file.Body, "\u00a0", " "), want) {
			t.Errorf("the file has no %q", want)
		}
	}
	consult(officer, registry.FieldProfessional, "exploitant:").Want(http.StatusUnprocessableEntity, "d’un exploitant")
	consult(officer, registry.FieldProfessional, "TEST").Want(http.StatusUnprocessableEntity, "d’un exploitant")
}

// Whoever asks for what their role may not see or do is told so, and is in the log by then, whatever they asked for.
func TestWhatARoleMayNotAskForIsInTheLog(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	manager, doctor := h.as(t, registry.RoleCampaign), h.signIn(t, marchand)
	manager.Get("/dossiers/" + string(p.ID)).Want(http.StatusForbidden)
	manager.Post("/oppositions", url.Values{registry.FieldPerson: {"2 69 05 49 588 157 80"}}).Want(http.StatusForbidden)
	doctor.Get("/ciblages/12/envois/3/lettres").Want(http.StatusForbidden)
	asked := h.logged(t, registry.ActionAskPage)
	if len(asked) != 3 {
		t.Fatalf("logged %+v", asked)
	}
	for i, want := range []string{"GET /ciblages/{run}/envois/{part}/lettres", "POST /oppositions", "GET /dossiers/{id}"} {
		if e := asked[i]; e.Digest != want || e.Outcome != registry.OutcomeRefused || e.NationalID == "" {
			t.Errorf("logged %+v, not %s", e, want)
		}
	}
	consult(h.as(t, registry.RoleDataProtection)).Want(http.StatusOK, "Demande d’une page non autorisée, adresse GET /dossiers/{id}", "Refusé")
}

// TestAPersonIsToldWhyTheyWereTargeted has the officer see, and hand over, which run gave a person their code, and whom it concerned.
func TestAPersonIsToldWhyTheyWereTargeted(t *testing.T) {
	t.Parallel()
	h := open(t)
	officer := h.as(t, registry.RoleDataProtection)
	first, second := managers(t, h)
	p := h.ofSeventyFive(t, 1, "75011")[0]
	address := "/demandes-acces/" + string(p.ID)
	if got := officer.Get(address).Want(http.StatusOK).Row("run"); got != "Aucun n’a donné de code" {
		t.Errorf("before the run: %q", got)
	}
	campaignForm(first, "pourquoi").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/pourquoi/cibler")).Want(http.StatusOK)
	h.work(t)
	confirmed(second, second.Get("/ciblages/1/approuver")).Want(http.StatusOK)
	h.work(t)
	page := officer.Get(address).Want(http.StatusOK)
	if got := page.Row("run"); got != "n° 1, Campagne pourquoi" {
		t.Errorf("the run: %q", got)
	}
	file := officer.Get(page.Link("Télécharger les données")).Want(http.StatusOK)
	for _, want := range []string{`"campaign": "Campagne pourquoi"`, "Sont concernées les personnes de 75 ans ou plus au 18 janvier 2021", `"approvedBy": "agent:`} {
		if !strings.Contains(strings.ReplaceAll(file.Body, "\u00a0", " "), want) {
			t.Errorf("the file does not say %s:\n%s", want, file.Body)
		}
	}
}
