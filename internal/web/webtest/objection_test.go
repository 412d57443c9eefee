package webtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// sought is the page of a person, found by an agent by what is typed.
func sought(agent *webtest.Browser, typed string) *webtest.Page {
	agent.T.Helper()
	return agent.Get("/oppositions").Form("person").Fill("person", typed).Send(agent).Want(http.StatusOK)
}

// stated fills the form of an objection or of its withdrawal.
func stated(page *webtest.Page, on, channel string) *webtest.Form {
	return page.Form("channel").Fill("objection_on", on, "channel", channel)
}

// limit has people object until a step, from 1 January 2021.
func (h *house) limit(t *testing.T, step registry.Step) {
	t.Helper()
	change := registry.ReferenceChange{ObjectionLimits: []registry.ObjectionLimit{{From: registry.MustDate("2021-01-01"), Step: step}}}
	if err := h.store.ImportReference(t.Context(), change, registry.New(h.store).ImportEvent(operator, 1, "digest")); err != nil {
		t.Fatal(err)
	}
}

func TestAnAgentRecordsAnObjectionAndItsWithdrawal(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	for _, role := range []registry.Role{registry.RoleSupport, registry.RoleDataProtection} {
		agent := h.as(t, role)
		agent.Get(agent.Get("/deconnexion/partout").Link("Oppositions")).Want(http.StatusOK, "tant qu’elle n’a pas donné son accord")
		page := sought(agent, p.Patient.Holder.Format()).Want(http.StatusOK, "Opposition d’une personne", "DURAND (née LEFÈVRE)", "15/06/1945", "Enregistrer une opposition")
		page.Not(p.Code.Format(), p.Patient.Holder.Format(), "Éligibilité", "1ère Vaccination")
		if strings.Contains(strings.Join(agent.Visited, " "), p.Patient.Holder.Digits()) {
			t.Error("an address holds the number")
		}
		recorded := stated(page, "30/01/2021", "mail").Send(agent).Want(http.StatusOK, "Opposition enregistrée", "Opposition en vigueur", "30/01/2021", "Courrier")
		if !h.record(t, p.ID).Objects() {
			t.Fatal("the person does not object")
		}
		again := agent.Get(recorded.Link("Enregistrer un retrait")).Want(http.StatusOK, "Retrait d’une opposition", "30/01/2021")
		stated(again, "01/02/2021", "phone").Send(agent).Want(http.StatusOK, "Retrait enregistré", "Opposition retirée", "Retrait de l’opposition", "Téléphone")
		if h.record(t, p.ID).Objects() {
			t.Fatal("the person still objects")
		}
	}
	record := h.record(t, p.ID)
	if len(record.Objections) != 2 || record.Objections[0].Made.Channel != registry.ChannelMail || record.Objections[1].Made.Signed.Role != registry.RoleDataProtection {
		t.Errorf("kept %+v", record.Objections)
	}
	for action, want := range map[registry.Action]int{registry.ActionObject: 2, registry.ActionWithdrawObjection: 2} {
		if got := h.logged(t, action); len(got) != want || got[0].Record != p.ID || got[0].Outcome != registry.OutcomeDone {
			t.Errorf("%s is logged %+v", action, got)
		}
	}
	for _, e := range h.logged(t, registry.ActionReadObjection) {
		if e.Reason != registry.ReasonObjection || e.Record != p.ID {
			t.Errorf("logged %+v", e)
		}
	}
	officer := h.as(t, registry.RoleDataProtection)
	if held := officer.Get("/demandes-acces/" + string(p.ID)).Want(http.StatusOK).Row("objections"); held != "2, la dernière du 30/01/2021 (courrier), retirée le 01/02/2021 (téléphone)" {
		t.Errorf("the person is told %q", held)
	}
	consult(officer).Want(http.StatusOK, "Enregistrement d’une opposition", "Retrait d’une opposition", "Consultation d’une opposition").Not(secrets(p)...)
}

func TestAPersonWhoObjectsIsChosenAmongThoseOfANumber(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	twin := h.patient(t, func(q *registry.ImportedPerson) {
		q.Patient.Holder, q.Patient.BirthRank, q.Patient.GivenNames = p.Patient.Holder, 2, "Solange"
	})
	agent := h.as(t, registry.RoleSupport)
	list := sought(agent, p.Patient.Holder.Format()).Want(http.StatusOK, "Plusieurs personnes", "Solange")
	var page *webtest.Page
	for _, link := range list.Root.Tags("a") {
		if strings.Contains(link.Content(), "Solange") {
			page = agent.Get(link.Attr("href")).Want(http.StatusOK, "Solange")
		}
	}
	stated(page, "01/02/2021", "desk").Send(agent).Want(http.StatusOK, "Guichet")
	if h.record(t, p.ID).Objects() || !h.record(t, twin.ID).Objects() {
		t.Error("the wrong one objects")
	}
}

func TestAFormOfAnObjectionIsCorrectedBesideItsFields(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	agent := h.as(t, registry.RoleSupport)
	for _, typed := range []string{"", "2 69 05 49 588 157 81", registrytest.NIR(4242).Format(), registry.TargetCode(424242).Format()} {
		page := agent.Get("/oppositions").Form("person").Fill("person", typed).Send(agent)
		if page.Status != http.StatusUnprocessableEntity && page.Status != http.StatusNotFound || page.Error("person") == "" || page.Form("person").Values.Get("person") != typed {
			t.Errorf("%q: %d, %q", typed, page.Status, page.Error("person"))
		}
	}
	for typed, says := range map[string]string{ // a code with a character missing is not told of as a NIR
		"867D-7HBE-5S": "et votre saisie en a 10", "867d 7hbe 5sjj": "et votre saisie en a 12", "2 69 05 49": "trop court",
	} {
		if page := agent.Get("/oppositions").Form("person").Fill("person", typed).Send(agent); !strings.Contains(page.Error("person"), says) {
			t.Errorf("%q: %q", typed, page.Error("person"))
		}
	}
	page := sought(agent, p.Patient.Holder.Format())
	for _, c := range []struct{ on, channel, field, says string }{
		{"", "mail", "objection_on", "Saisissez le jour"},
		{"02/02/2021", "mail", "objection_on", "dans le futur"},
		{"31/01/1921", "mail", "objection_on", "antérieure à l’épidémie"},
		{"hier", "mail", "objection_on", "jour, mois, année"},
		{"01/02/2021", "", "channel", "Choisissez comment"},
		{"01/02/2021", "pigeon", "channel", "Choisissez comment"},
	} {
		wrong := stated(page, c.on, c.channel).Send(agent).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger", "DURAND")
		kept := wrong.Form("channel").Values
		if !strings.Contains(wrong.Error(c.field), c.says) || kept.Get("objection_on") != c.on || c.channel == "mail" && kept.Get("channel") != "mail" {
			t.Errorf("%+v: %q beside %v", c, wrong.Error(c.field), kept)
		}
	}
	recorded := stated(page, "01/02/2021", "mail").Send(agent).Want(http.StatusOK, "Enregistrée par").Not("Enregistré par")
	withdrawal := agent.Get(recorded.Link("Enregistrer un retrait"))
	wrong := stated(withdrawal, "31/01/2021", "mail").Send(agent).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(wrong.Error("objection_on"), "précède l’opposition") {
		t.Errorf("before it was made: %q", wrong.Error("objection_on"))
	}
}

// Of two agents, and of two clicks, one objection is left; whoever comes second sees what stands and what they typed.
func TestAnObjectionIsRecordedOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	agent, other := h.as(t, registry.RoleSupport), h.as(t, registry.RoleDataProtection)
	first, second := stated(sought(agent, p.Patient.Holder.Format()), "30/01/2021", "mail"), stated(sought(other, p.Patient.Holder.Format()), "31/01/2021", "phone")
	first.Send(agent).Want(http.StatusOK)
	first.Send(agent).Want(http.StatusOK, "Opposition en vigueur")
	second.Send(other).Want(http.StatusConflict, "déjà enregistrée", "30/01/2021", "Inès CARON", "Votre saisie, non enregistrée", "31/01/2021", "Téléphone")
	first.Fill("objection_on", "29/01/2021").Send(agent).Want(http.StatusConflict, "avec d’autres valeurs", "29/01/2021")
	withdrawal := stated(agent.Get("/oppositions/"+string(p.ID)+"/retrait").Want(http.StatusOK), "01/02/2021", "desk")
	withdrawal.Send(agent).Want(http.StatusOK)
	withdrawal.Send(agent).Want(http.StatusOK, "Opposition retirée")
	agent.Get("/oppositions/"+string(p.ID)+"/retrait").Want(http.StatusOK, "il n’y a rien à retirer")
	agent.Post("/oppositions/"+string(p.ID)+"/retrait", url.Values{"objection_on": {"01/02/2021"}, "channel": {"mail"}}).
		Want(http.StatusConflict, "n’est en vigueur", "Votre saisie, non enregistrée")
	if n := len(h.record(t, p.ID).Objections); n != 1 {
		t.Errorf("%d objections", n)
	}
}

func TestAFormOfAnObjectionOutlivesItsSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	agent := h.as(t, registry.RoleSupport)
	f := stated(sought(agent, p.Patient.Holder.Format()), "30/01/2021", "email")
	h.expire(agent)
	f.Send(agent).Want(http.StatusUnauthorized, "conservée")
	again := h.enter(agent, "assistance", "/connexion/agents").Want(http.StatusOK, "Votre saisie a été conservée")
	if v := again.Form("channel").Values; v.Get("objection_on") != "30/01/2021" || v.Get("channel") != "email" {
		t.Errorf("kept %v", v)
	}
	again.Form("channel").Send(agent).Want(http.StatusOK, "Opposition enregistrée")
	h.failing.Fail("Apply", errDisk)
	failed := stated(agent.Get("/oppositions/"+string(p.ID)+"/retrait"), "01/02/2021", "mail").Send(agent).Want(http.StatusInternalServerError, "rien ne sera enregistré deux fois").Not("sector")
	h.failing.Fail("Apply", nil)
	failed.Form("channel").Send(agent).Want(http.StatusOK, "Retrait enregistré")
}

// A doctor who opens the record reads a sentence, and records as ever: the agreement lifts the objection, until it is
// annulled.
func TestAnAgreementLiftsAnObjection(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	agent, doctor, officer := h.as(t, registry.RoleSupport), h.signIn(t, marchand), h.as(t, registry.RoleDataProtection)
	const objects = "Le 30/01/2021, cette personne s’est opposée"
	doctor.Get(address(p, "")).Want(http.StatusOK).Not("opposée")
	stated(sought(agent, p.Code.Format()), "30/01/2021", "mail").Send(agent).Want(http.StatusOK)
	doctor.Get(address(p, "")).Want(http.StatusOK, objects, "Cela ne vous empêche pas", "Déclarer l’éligibilité")
	agent.Get(address(p, "")).Want(http.StatusOK, objects).Not("Cela ne vous empêche pas")
	doctor.Get(address(p, eligibility)).Want(http.StatusOK, objects, "lèvera cette opposition")

	declare(doctor, p).Want(http.StatusOK, "L’opposition de cette personne est levée par son accord")
	doctor.Get(address(p, "")).Want(http.StatusOK).Not("opposée")
	agent.Get("/oppositions/"+string(p.ID)).Want(http.StatusOK, "levée par un accord donné depuis", "elle ne peut plus s’opposer").Not("Enregistrer une opposition", "MARCHAND")
	agent.Post("/oppositions/"+string(p.ID), url.Values{"objection_on": {"01/02/2021"}, "channel": {"mail"}}).
		Want(http.StatusForbidden, "elle ne peut plus s’opposer", "Votre saisie, non enregistrée", "Courrier")
	if e := h.logged(t, registry.ActionLiftObjection); len(e) != 1 || e[0].Record != p.ID || e[0].Role != registry.RolePractitioner {
		t.Errorf("logged %+v", e)
	}
	page := doctor.Get(address(p, eligibility+"/annuler"))
	page.Form("reason").Fill("reason", "Saisie pour une autre patiente").Send(doctor).Want(http.StatusOK)
	doctor.Get(address(p, "")).Want(http.StatusOK, objects)
	if e := h.logged(t, registry.ActionRestoreObjection); len(e) != 1 || e[0].Record != p.ID {
		t.Errorf("logged %+v", e)
	}
	held := officer.Get("/demandes-acces/" + string(p.ID) + "/donnees.json").Want(http.StatusOK)
	for _, want := range []string{`"on": "2021-01-30"`, `"channel": "mail"`, "Inès", "lift-objection", "restore-objection"} {
		if !strings.Contains(held.Body, want) {
			t.Errorf("the person is not told %s", want)
		}
	}
	officer.Get("/demandes-acces/"+string(p.ID)).Want(http.StatusOK, "Oppositions", "1, la dernière du 30/01/2021 (courrier), en vigueur")
}

func TestWhereTheLimitIsTheInjection(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.limit(t, registry.StepFirstDose)
	p := h.patient(t)
	agent, doctor := h.as(t, registry.RoleSupport), h.signIn(t, marchand)
	declare(doctor, p)
	agent.Get("/oppositions").Want(http.StatusOK, "tant qu’elle n’a pas reçu de première injection")
	agent.Get("/donnees-personnelles").Want(http.StatusOK, "s’opposer au traitement tant qu’il n’a pas reçu de première injection")
	stated(sought(agent, p.Patient.Holder.Format()), "01/02/2021", "account").Send(agent).Want(http.StatusOK, "Compte en ligne de l’assuré")
	doctor.Get(address(p, "")).Want(http.StatusOK, "enregistrer sa vaccination, si elle l’accepte, lèvera cette opposition")
	inject(doctor, p).Want(http.StatusOK, "L’opposition de cette personne est levée")
	agent.Get("/oppositions/"+string(p.ID)).Want(http.StatusOK, "a reçu une injection").Not("Enregistrer une opposition")
}

// Whoever objects is left out of a run from that moment.
func TestARunLeavesOutWhoObjects(t *testing.T) {
	t.Parallel()
	h := open(t)
	all := h.ofSeventyFive(t, 3, "75011")
	manager, other := managers(t, h)
	campaignForm(manager, "opposants").Send(manager).Want(http.StatusOK)
	confirmed(manager, manager.Get("/campagnes/opposants/cibler")).Want(http.StatusOK)
	h.work(t)
	agent := h.as(t, registry.RoleSupport)
	stated(agent.Get("/oppositions/"+string(all[0].ID)), "01/02/2021", "mail").Send(agent).Want(http.StatusOK)
	confirmed(other, other.Get("/ciblages/1/approuver")).Want(http.StatusOK)
	h.work(t)
	for i, p := range all {
		if got := h.record(t, p.ID).Code.IsZero(); got != (i == 0) {
			t.Errorf("person %d is left out: %v", i, got)
		}
	}
}

func TestObjectionsAreForThoseWhoRecordThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	for _, role := range []registry.Role{registry.RolePractitioner, registry.RoleCampaign, registry.RoleReferential, registry.RoleStatistics} {
		b := h.as(t, role)
		for _, path := range []string{"", "/" + string(p.ID), "/" + string(p.ID) + "/retrait"} {
			b.Get("/oppositions"+path).Want(http.StatusForbidden, "Votre rôle ne permet pas").Not(secrets(p)...)
			b.Post("/oppositions"+path, url.Values{"person": {p.Code.Format()}, "objection_on": {"01/02/2021"}, "channel": {"mail"}}).
				Want(http.StatusForbidden, "Votre rôle ne permet pas").Not(secrets(p)...)
		}
	}
	if len(h.record(t, p.ID).Objections) != 0 {
		t.Error("somebody else recorded one")
	}
	nobody, agent := "/oppositions/"+strings.Repeat("f", 32), h.as(t, registry.RoleSupport)
	agent.Get("/oppositions/"+string(p.ID)).Want(http.StatusOK, "Aucune opposition")
	agent.Get(nobody).Want(http.StatusNotFound, "n’existe pas")
	agent.Post(nobody, url.Values{"objection_on": {"01/02/2021"}, "channel": {"mail"}}).Want(http.StatusNotFound, "n’existe pas")
}
