package webtest_test

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// populate imports persons as a file of the insured does.
func (h *house) populate(t *testing.T, digest string, persons ...registry.Patient) {
	t.Helper()
	var rows []registry.InsuredRow
	for _, p := range persons {
		rows = append(rows, registry.InsuredRow{Patient: p})
	}
	h.populateRows(t, digest, rows...)
}

// populateRows is populate with what the file tells beside who the persons are.
func (h *house) populateRows(t *testing.T, digest string, rows ...registry.InsuredRow) {
	t.Helper()
	for i := range rows {
		rows[i].Line = int64(i + 2)
	}
	file := registry.PopulationFile{
		Digest: digest, Parts: 1, PartSize: 1, Lines: int64(len(rows) + 1),
		Read: func(context.Context, int) iter.Seq2[registry.PopulationPart, error] {
			return func(yield func(registry.PopulationPart, error) bool) {
				yield(registry.PopulationPart{Last: int64(len(rows) + 1), Rows: rows}, nil)
			}
		},
	}
	event := registry.Event{At: h.clock.Now(), Action: registry.ActionImportPersons, Digest: digest}
	if _, err := h.store.ImportPopulation(t.Context(), file, event, registrytest.Random(byte(len(digest))), func(registry.PopulationProgress) {}); err != nil {
		t.Fatal(err)
	}
}

// inDoubt is someone entered by hand, and the twin that the file brings, whom they may be.
func (h *house) inDoubt(t *testing.T, n int) (hand registry.Record, twin registry.Patient) {
	t.Helper()
	cases := registrytest.NewRegistry(h.store, h.clock)
	cases.Random = registrytest.Random(byte(n))
	id, _, err := cases.Register(t.Context(), registrytest.Doctor("Martin"), registrytest.NIR(40_000_000+n), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	hand = h.record(t, id)
	twin = hand.Patient
	twin.Manual, twin.BirthRank, twin.GivenNames = false, 2, "Augustine"
	twin.Phone = ""
	h.populate(t, "file of "+string(hand.ID), twin)
	return hand, twin
}

func TestAgentsDecideWhetherTwoRecordsAreOfOnePerson(t *testing.T) {
	t.Parallel()
	h := open(t)
	hand, twin := h.inDoubt(t, 1)
	h.populateRows(t, "a newer file", registry.InsuredRow{Patient: twin, Insured: registry.Insured{Died: registry.MustDate("2020-12-30")}})
	first, second := h.as(t, registry.RoleSupport), h.as(t, registry.RoleSupport)
	list := first.Get(first.Get("/recherche").Link("Rapprochements")).
		Want(http.StatusOK, "Examiner", "autre rang").Not("DURAND", "Jeanne", "Augustine", twin.Holder.Format(), twin.BirthDate.French())
	address := list.Link("Examiner")
	page := first.Get(address).Want(http.StatusOK, "Jeanne", "Augustine", "LEFÈVRE", "15/06/1945", "30/12/2020", "Identique", "Différent", "Non renseigné d’un côté", "Non renseigné des deux côtés", "non renseigné").Not(twin.Holder.Format(), twin.Holder.Digits())
	form, late := page.Form(registry.FieldMatch), second.Get(address).Form(registry.FieldMatch)
	form.Send(first).Want(http.StatusUnprocessableEntity, "Indiquez s’il s’agit de la même personne", "Augustine")
	form.Fill(registry.FieldMatch, "autre").Send(first).Want(http.StatusUnprocessableEntity, "Indiquez s’il s’agit de la même personne")

	form.Fill(registry.FieldMatch, string(registry.MatchSame))
	h.failing.Fail("DecideMatch", registry.ErrOvertaken)
	form.Send(first).Want(http.StatusConflict, "Ces dossiers changent en ce moment même")
	h.failing.Fail("DecideMatch", nil)
	h.failing.Fail("Read", registry.ErrNoRecord)
	first.Get(address).Want(http.StatusNotFound, "a déjà été décidé")
	h.failing.Fail("Read", nil)
	form.Send(first).Want(http.StatusOK, "il reste un seul dossier", "Aucun rapprochement")
	for _, decision := range []registry.MatchDecision{registry.MatchTwo, registry.MatchSame} {
		late.Fill(registry.FieldMatch, string(decision)).Send(second).Want(http.StatusConflict, "entre-temps")
	}
	second.Get(address).Want(http.StatusNotFound, "a déjà été décidé").Not("Augustine")
	if left := h.record(t, hand.ID); left.Patient.GivenNames != "Augustine" || left.Patient.BirthRank != 2 || left.Patient.Manual {
		t.Errorf("the record is that of %+v", left.Patient.Identity)
	}
	byNIR(h.signIn(t, marchand), "nir", twin.Holder.Format()).Want(http.StatusOK, "Augustine").Not("Jeanne")

	logged := map[registry.Action]int{}
	events, err := h.store.Events(t.Context(), registry.EventQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Role == registry.RoleSupport && e.NationalID != "" {
			logged[e.Action]++
		}
	}
	if logged[registry.ActionSamePerson] < 2 || logged[registry.ActionReadMatches] < 3 {
		t.Errorf("the log has %v", logged)
	}
}

// TestALetterFindsItsPersonWhoseRecordsWereJoined: each had a code, and the one that is left over is scanned.
func TestALetterFindsItsPersonWhoseRecordsWereJoined(t *testing.T) {
	t.Parallel()
	h := open(t)
	born, own := registry.BirthDateOf(registry.MustDate("1950-01-01")), registrytest.NIR(970_001)
	stays := h.patient(t, func(p *registry.ImportedPerson) { p.Code, p.Patient.Own = 4711, own })
	goes := h.patient(t, func(p *registry.ImportedPerson) {
		p.Code, p.Patient.BirthDate, p.Patient.GivenNames = 4712, born, "Augustine"
	})
	row := goes.Patient
	row.Own = own
	h.populate(t, "file of two with one number", row)
	agent := h.as(t, registry.RoleSupport)
	page := agent.Get(agent.Get("/rapprochements").Link("Examiner")).
		Want(http.StatusOK, stays.Code.Format(), goes.Code.Format(), "permet toujours de retrouver la personne")
	page.Form(registry.FieldMatch).Fill(registry.FieldMatch, string(registry.MatchSame)).Send(agent).Want(http.StatusOK, "il reste un seul dossier")

	doctor, officer := h.signIn(t, marchand), h.as(t, registry.RoleDataProtection)
	for _, code := range []registry.TargetCode{goes.Code, stays.Code} {
		byNIR(doctor, "code", code.Format()).Want(http.StatusOK, "Dossier du patient", "Augustine", stays.Code.Format()).
			Not("Aucun patient", goes.Code.Format())
	}
	officer.Get("/demandes-acces").Form("person").Fill("person", goes.Code.Format(), "requested", "on").Send(officer).Want(http.StatusOK, born.French())
	held := officer.Get("/demandes-acces/" + string(stays.ID) + "/donnees.json").Want(http.StatusOK)
	for _, want := range []string{`"formerCodes"`, goes.Code.Format(), stays.Code.Format()} {
		if !strings.Contains(held.Body, want) {
			t.Errorf("the person is not told %s", want)
		}
	}
}

func TestTwoPersonsStayTwo(t *testing.T) {
	t.Parallel()
	h := open(t)
	hand, twin := h.inDoubt(t, 2)
	agent := h.as(t, registry.RoleSupport)
	form := agent.Get(agent.Get("/rapprochements").Link("Examiner")).Form(registry.FieldMatch)
	form.Fill(registry.FieldMatch, string(registry.MatchTwo)).Send(agent).Want(http.StatusOK, "ce sont deux personnes", "Aucun rapprochement")
	read := h.logged(t, registry.ActionReadMatches) // of none, both records, and one
	if n := len(read); n != 4 || read[0].Outcome != registry.OutcomeNothing || read[0].Count != 0 || read[n-1].Outcome != registry.OutcomeFound || read[n-1].Count != 1 {
		t.Errorf("logged %+v", read)
	} else if one, other := read[1].Record, read[2].Record; one == "" || other == "" || one == other || one != hand.ID && other != hand.ID {
		t.Errorf("the records %q and %q were read", one, other)
	}
	if left := h.record(t, hand.ID); left.Patient != hand.Patient || left.Version != hand.Version {
		t.Error("the record entered by hand has changed")
	}
	byNIR(h.signIn(t, marchand), "nir", twin.Holder.Format()).Want(http.StatusOK, "Augustine", "Jeanne")
}

// TestRecordsThatAreBothUsedAreNotJoined says so, and the match stays in the list.
func TestRecordsThatAreBothUsedAreNotJoined(t *testing.T) {
	t.Parallel()
	h := open(t)
	hand, twin := h.inDoubt(t, 3)
	cases := registrytest.NewRegistry(h.store, h.clock)
	id, err := h.store.FindByKey(t.Context(), twin.Holder, twin.BirthDate, twin.BirthRank)
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range []registry.RecordID{hand.ID, id} {
		cases.Random = registrytest.Random(byte(70 + i))
		if _, err := cases.DeclareEligibility(t.Context(), registry.Act{By: registrytest.Doctor("Martin"), Record: one}, registrytest.EligibilityRequest()); err != nil {
			t.Fatal(err)
		}
	}
	agent := h.as(t, registry.RoleSupport)
	form := agent.Get(agent.Get("/rapprochements").Link("Examiner")).Form(registry.FieldMatch)
	form.Fill(registry.FieldMatch, string(registry.MatchSame)).Send(agent).Want(http.StatusConflict, "Les deux dossiers contiennent des saisies")
	agent.Get("/rapprochements").Want(http.StatusOK, "Examiner")
}

// TestOneOfManyAgentsWhoDecideAtOnceDoes: the others are told that someone was faster.
func TestOneOfManyAgentsWhoDecideAtOnceDoes(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.inDoubt(t, 4)
	agent := h.as(t, registry.RoleSupport)
	address := agent.Get("/rapprochements").Link("Examiner")
	agent.Get(address)
	statuses := make([]int, 8)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			b := &webtest.Browser{T: t, Base: agent.Base, Jar: agent.Jar}
			decision := registry.MatchSame
			if i%2 == 0 {
				decision = registry.MatchTwo
			}
			statuses[i] = b.Post(address, url.Values{registry.FieldMatch: {string(decision)}}).Status
		})
	}
	wg.Wait()
	done := 0
	for _, status := range statuses {
		switch status {
		case http.StatusOK:
			done++
		case http.StatusConflict:
		default:
			t.Errorf("someone is answered %d", status)
		}
	}
	if done != 1 {
		t.Errorf("%d decided", done)
	}
}

func TestOnlyTheAssistanceSeesDoubtfulMatches(t *testing.T) {
	t.Parallel()
	h := open(t)
	hand, twin := h.inDoubt(t, 5)
	address := h.as(t, registry.RoleSupport).Get("/rapprochements").Link("Examiner")
	for _, role := range []registry.Role{registry.RolePractitioner, registry.RoleDataProtection, registry.RoleCampaign, registry.RoleReferential, registry.RoleStatistics} {
		b := h.as(t, role)
		b.Get("/rapprochements").Want(http.StatusForbidden).Not("Examiner")
		b.Get(address).Want(http.StatusForbidden).Not("Jeanne", "Augustine")
		b.Post(address, url.Values{registry.FieldMatch: {string(registry.MatchSame)}}).Want(http.StatusForbidden)
	}
	if h.record(t, hand.ID).Patient != hand.Patient {
		t.Error("someone decided")
	}
	agent := h.as(t, registry.RoleSupport)
	for _, wrong := range []string{"x", "-", string(hand.ID), string(hand.ID) + "-" + string(hand.ID), "a-b-c", "%00-%FF"} {
		agent.Get("/rapprochements/"+wrong).Want(http.StatusNotFound).Not("Jeanne", twin.GivenNames)
		agent.Post("/rapprochements/"+wrong, url.Values{registry.FieldMatch: {string(registry.MatchTwo)}}).Want(http.StatusConflict)
	}
}
