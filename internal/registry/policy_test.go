package registry_test

import (
	"slices"
	"testing"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// policyCase is a question put to the policy and its answer: nothing when allowed, or the first words
// of the reason.
type policyCase struct {
	name string
	ask  func(registry.Case) error
	c    registry.Case
	want string
}

// The reasons that the policy gives, by their first words.
const (
	noProfession    = "À cette date, le téléservice n’est pas ouvert"
	noPlace         = "Choisissez d’abord votre lieu"
	noIdentity      = "Votre identité n’est pas connue"
	noRole          = "Votre rôle ne permet pas"
	noOwnReport     = "Ce signalement concerne votre compte"
	noFreeStep      = "Cette étape est déjà enregistrée"
	noEligibility   = "L’éligibilité du patient doit d’abord"
	noFirstDose     = "La 1ère vaccination doit d’abord"
	noSecondTab     = "Le vaccin reçu ne comporte qu’une dose"
	noStep          = "Cette étape n’est pas enregistrée"
	noAuthor        = "Seul le professionnel de santé qui a validé"
	noNextStepFree  = "L’étape suivante est enregistrée"
	noFirstUnder    = "La 2ème vaccination est enregistrée\u00a0: annulez-la"
	noObjection     = "Aucune opposition de cette personne"
	noSecondWord    = "Une opposition de cette personne"
	noAfterConsent  = "Cette personne a donné son accord"
	noAfterDose     = "Cette personne a reçu une injection"
	noReason        = "Certains champs sont à corriger."
	reasonOfSupport = "Erreur de saisie signalée par le centre"
)

// records of each kind that the conditions tell apart, all by the doctor Martin.
func policyRecords() (fresh, eligible, first, single, complete registry.Record) {
	by := rt.Doctor("Martin")
	signed := registry.Signature{Role: by.Role, Practitioner: by.Practitioner, Place: by.Place}
	dose := func(number, series int) []registry.Entry[registry.Dose] {
		d := registry.Dose{Number: number, SeriesDoses: series}
		return []registry.Entry[registry.Dose]{{Sequence: 1, Versions: []registry.Version[registry.Dose]{{Number: 1, Content: d, Signed: signed}}}}
	}
	eligible.Eligibilities = []registry.Entry[registry.Eligibility]{
		{Sequence: 1, Versions: []registry.Version[registry.Eligibility]{{Number: 1, Signed: signed}}},
	}
	first, single = eligible, eligible
	first.FirstDoses, single.FirstDoses = dose(1, 2), dose(1, 1)
	complete = first
	complete.SecondDoses = dose(2, 2)
	return fresh, eligible, first, single, complete
}

// policyCases are the cases of the policy. Long because it is a table.
func policyCases() []policyCase {
	const elig, dose1, dose2 = registry.StepEligibility, registry.StepFirstDose, registry.StepSecondDose
	fresh, eligible, first, single, complete := policyRecords()
	noID := rt.Doctor("Martin")
	noID.Practitioner.NationalID = ""
	noWhere := rt.Doctor("Martin")
	noWhere.Place = registry.PracticePlace{}
	nurse := rt.Doctor("Martin")
	nurse.Practitioner.Profession = rt.ProfessionNurse
	manager := rt.Doctor("Martin")
	manager.Role = registry.RoleCampaign
	blankAgent := rt.Support("")
	blankAgent.Practitioner.NationalID = ""
	officer, blankOfficer := rt.Support("Alex"), blankAgent
	officer.Role, blankOfficer.Role = registry.RoleDataProtection, registry.RoleDataProtection
	martin, other, support := rt.Doctor("Martin"), rt.Doctor("Petit"), rt.Support("Alex")

	on := func(by registry.Actor, r registry.Record, step registry.Step, reason string) registry.Case {
		return registry.Case{
			Actor: by, Record: r, Reference: rt.Reference(), Today: registry.MustDate("2021-02-01"), Step: step, Reason: reason,
		}
	}
	reportOn := func(by, about registry.Actor) registry.Case {
		c := on(by, fresh, elig, "")
		c.Report.About = about.Practitioner
		return c
	}
	early := on(martin, fresh, elig, "")
	early.Today = registry.MustDate("2021-01-03")
	search, register := registry.MaySearch, registry.MayRegister
	own, oversee := registry.MayReviewOwn, registry.MayOversee
	declare, rectify, annul := registry.MayDeclare, registry.MayRectify, registry.MayAnnul
	return []policyCase{
		{"a doctor searches", search, on(martin, fresh, elig, ""), ""},
		{"support searches", search, on(support, fresh, elig, ""), ""},
		{"support without identity searches", search, on(blankAgent, fresh, elig, ""), noIdentity},
		{"someone without identity searches", search, on(noID, fresh, elig, ""), noIdentity},
		{"a manager with a doctor's identity searches", search, on(manager, fresh, elig, ""), noRole},
		{"a nurse searches", search, on(nurse, fresh, elig, ""), noProfession},
		{"a doctor searches before the opening", search, early, noProfession},
		{"a doctor without place searches", search, on(noWhere, fresh, elig, ""), noPlace},
		{"a doctor registers", register, on(martin, fresh, elig, ""), ""},
		{"support registers", register, on(support, fresh, elig, ""), noRole},

		{"someone without identity registers", register, on(noID, fresh, elig, ""), noIdentity},
		{"a nurse registers", register, on(nurse, fresh, elig, ""), noProfession},
		{"a doctor without place registers", register, on(noWhere, fresh, elig, ""), noPlace},

		{"a doctor reviews their acts", own, on(martin, fresh, elig, ""), ""},
		{"support reviews acts as its own", own, on(support, fresh, elig, ""), noRole},
		{"someone without identity reviews acts", own, on(noID, fresh, elig, ""), noIdentity},
		{"a nurse reviews acts", own, on(nurse, fresh, elig, ""), noProfession},
		{"a doctor without place reviews acts", own, on(noWhere, fresh, elig, ""), noPlace},
		{"support oversees", oversee, on(support, fresh, elig, ""), ""},
		{"the data-protection officer oversees", oversee, on(officer, fresh, elig, ""), ""},
		{"a doctor oversees", oversee, on(martin, fresh, elig, ""), noRole},
		{"a manager oversees", oversee, on(manager, fresh, elig, ""), noRole},
		{"support without identity oversees", oversee, on(blankAgent, fresh, elig, ""), noIdentity},
		{"an officer without identity oversees", oversee, on(blankOfficer, fresh, elig, ""), noIdentity},
		{"support closes a report on another's account", registry.MayClose, reportOn(support, martin), ""},
		{"support closes a report on its own account", registry.MayClose, reportOn(support, support), noOwnReport},
		{"the officer closes a report on another's account", registry.MayClose, reportOn(officer, martin), ""},
		{"the officer closes a report on their own account", registry.MayClose, reportOn(officer, officer), noOwnReport},
		{"support without identity closes a report", registry.MayClose, reportOn(blankAgent, martin), noIdentity},
		{"an officer without identity closes a report", registry.MayClose, reportOn(blankOfficer, martin), noIdentity},
		{"a doctor closes a report", registry.MayClose, reportOn(other, martin), noRole},
		{"support decides a match", registry.MayMatch, on(support, fresh, elig, ""), ""},
		{"support without identity decides a match", registry.MayMatch, on(blankAgent, fresh, elig, ""), noIdentity},
		{"an officer decides a match", registry.MayMatch, on(officer, fresh, elig, ""), noRole},
		{"a doctor decides a match", registry.MayMatch, on(martin, fresh, elig, ""), noRole},

		{"a doctor declares", declare, on(martin, fresh, elig, ""), ""},
		{"any other doctor goes on to dose 1", declare, on(other, eligible, dose1, ""), ""},
		{"any other doctor goes on to dose 2", declare, on(other, first, dose2, ""), ""},
		{"support declares", declare, on(support, fresh, elig, reasonOfSupport), noRole},
		{"a manager declares", declare, on(manager, fresh, elig, ""), noRole},
		{"someone without identity declares", declare, on(noID, fresh, elig, ""), noIdentity},
		{"a nurse declares", declare, on(nurse, fresh, elig, ""), noProfession},
		{"a doctor without place declares", declare, on(noWhere, fresh, elig, ""), noPlace},
		{"a second declaration", declare, on(martin, eligible, elig, ""), noFreeStep},
		{"dose 1 without eligibility", declare, on(martin, fresh, dose1, ""), noEligibility},
		{"dose 2 without dose 1", declare, on(martin, eligible, dose2, ""), noFirstDose},
		{"dose 2 of a single-dose vaccine", declare, on(martin, single, dose2, ""), noSecondTab},

		{"the author modifies", rectify, on(martin, eligible, elig, ""), ""},
		{"the author modifies dose 2", rectify, on(martin, complete, dose2, ""), ""},
		{"a manager modifies", rectify, on(manager, eligible, elig, ""), noRole},
		{"someone without identity modifies", rectify, on(noID, eligible, elig, ""), noIdentity},
		{"the author, now a nurse, modifies", rectify, on(nurse, eligible, elig, ""), noProfession},
		{"the author without place modifies", rectify, on(noWhere, eligible, elig, ""), noPlace},
		{"the author modifies what is not there", rectify, on(martin, fresh, elig, ""), noStep},
		{"another doctor modifies", rectify, on(other, eligible, elig, ""), noAuthor},
		{"the author modifies eligibility under dose 1", rectify, on(martin, first, elig, ""), noNextStepFree},
		{"the author modifies dose 1 under dose 2", rectify, on(martin, complete, dose1, ""), noNextStepFree},
		{"support modifies under dose 1", rectify, on(support, first, elig, reasonOfSupport), ""},
		{"support without identity modifies", rectify, on(blankAgent, eligible, elig, reasonOfSupport), noIdentity},
		{"support modifies what is not there", rectify, on(support, fresh, elig, reasonOfSupport), noStep},
		{"support modifies without a reason", rectify, on(support, eligible, elig, " "), noReason},

		{"the author annuls", annul, on(martin, eligible, elig, "Erreur"), ""},
		{"a manager annuls", annul, on(manager, eligible, elig, "Erreur"), noRole},
		{"someone without identity annuls", annul, on(noID, eligible, elig, "Erreur"), noIdentity},
		{"the author, now a nurse, annuls", annul, on(nurse, eligible, elig, "Erreur"), noProfession},
		{"the author without place annuls", annul, on(noWhere, eligible, elig, "Erreur"), noPlace},
		{"the author annuls what is not there", annul, on(martin, fresh, elig, "Erreur"), noStep},
		{"another doctor annuls", annul, on(other, eligible, elig, "Erreur"), noAuthor},
		{"the author annuls under dose 1", annul, on(martin, first, elig, "Erreur"), noNextStepFree},
		{"the author annuls dose 1 under dose 2", annul, on(martin, complete, dose1, "Erreur"), noNextStepFree},
		{"the author annuls without a reason", annul, on(martin, eligible, elig, ""), noReason},
		{"support annuls eligibility under a dose", annul, on(support, first, elig, "Erreur"), ""},
		{"support without identity annuls", annul, on(blankAgent, eligible, elig, "Erreur"), noIdentity},
		{"support annuls what is not there", annul, on(support, fresh, dose1, "Erreur"), noStep},
		{"support annuls dose 1 under dose 2", annul, on(support, complete, dose1, "Erreur"), noFirstUnder},
		{"support annuls without a reason", annul, on(support, eligible, elig, ""), noReason},
	}
}

// officerPolicyCases are those of the data-protection officer, who acts on no record.
func officerPolicyCases() []policyCase {
	readLog, resolve, disclose := registry.MayReadLog, registry.MayResolve, registry.MayDisclose
	officer, support, martin := officer(), rt.Support("Alex"), rt.Doctor("Martin")
	blankOfficer := rt.Agent(registry.RoleDataProtection, "")
	blankOfficer.Practitioner.NationalID = ""
	of := func(by registry.Actor, reason string) registry.Case {
		return registry.Case{Actor: by, Reference: rt.Reference(), Today: registry.MustDate("2021-02-01"), Reason: reason}
	}
	return []policyCase{
		{"the officer reads the log", readLog, of(officer, ""), ""},
		{"support reads the log", readLog, of(support, ""), noRole},
		{"a doctor reads the log", readLog, of(martin, ""), noRole},
		{"an officer without identity reads the log", readLog, of(blankOfficer, ""), noIdentity},
		{"the officer resolves with a reason", resolve, of(officer, reasonOfSupport), ""},
		{"the officer resolves without a reason", resolve, of(officer, " "), noReason},
		{"support resolves", resolve, of(support, reasonOfSupport), noRole},
		{"an officer without identity resolves", resolve, of(blankOfficer, reasonOfSupport), noIdentity},
		{"the officer discloses", disclose, of(officer, ""), ""},
		{"support discloses", disclose, of(support, ""), noRole},
		{"a doctor discloses", disclose, of(martin, ""), noRole},
		{"an officer without identity discloses", disclose, of(blankOfficer, ""), noIdentity},
	}
}

func campaignPolicyCases() []policyCase {
	prepare, approve, letters, bring := registry.MayPrepare, registry.MayApprove, registry.MayPrint, registry.MayBring
	manager := registry.Actor{Role: registry.RoleCampaign, Practitioner: registry.Practitioner{NationalID: "agent:1"}, Door: registry.DoorAgents}
	blank, support := manager, manager
	blank.Practitioner.NationalID, support.Role = "", registry.RoleSupport
	operator, blankOperator, doctor := manager, blank, manager
	operator.Role, blankOperator.Role, doctor.Role = registry.RoleSystem, registry.RoleSystem, registry.RolePractitioner
	of := func(by registry.Actor, preparedBy string) registry.Case {
		return registry.Case{Actor: by, Run: registry.Run{State: registry.RunPrepared, PreparedBy: preparedBy, Counts: []registry.RunCount{{Persons: 1}}}}
	}
	ofNobody := func(preparedBy string) registry.Case {
		c := of(manager, preparedBy)
		c.Run.Counts = nil
		return c
	}
	return []policyCase{
		{"a campaign manager prepares a run", prepare, of(manager, ""), ""},
		{"support prepares a run", prepare, of(support, ""), noRole},
		{"a campaign manager without identity prepares a run", prepare, of(blank, ""), noIdentity},
		{"a campaign manager approves the run of another", approve, of(manager, "agent:2"), ""},
		{"a campaign manager approves their own run", approve, of(manager, "agent:1"), "Vous avez préparé ce ciblage"},
		{"a campaign manager approves a run of nobody", approve, ofNobody("agent:2"), "Ce ciblage ne concerne personne"},
		{"a campaign manager approves their own run of nobody", approve, ofNobody("agent:1"), "Ce ciblage ne concerne personne"},
		{"support approves a run", approve, of(support, "agent:2"), noRole},
		{"a campaign manager without identity approves a run", approve, of(blank, "agent:2"), noIdentity},
		{"a campaign manager prints letters", letters, of(manager, ""), ""},
		{"an operator prints letters", letters, of(operator, ""), ""},
		{"support prints letters", letters, of(support, ""), noRole},
		{"a practitioner prints letters", letters, of(doctor, ""), noRole},
		{"a campaign manager without identity prints letters", letters, of(blank, ""), noIdentity},
		{"an operator without identity prints letters", letters, of(blankOperator, ""), noIdentity},
		{"an operator brings a campaign", bring, of(operator, ""), ""},
		{"an operator without identity brings a campaign", bring, of(blankOperator, ""), noIdentity},
		{"a campaign manager brings a campaign without a page", bring, of(manager, ""), noRole},
		{"an operator prepares a run", prepare, of(operator, ""), noRole},
		{"an operator approves a run", approve, of(operator, "agent:2"), noRole},
	}
}

// objectionPolicyCases are those of who records what persons say against being targeted.
func objectionPolicyCases() []policyCase {
	object, withdraw := registry.MayObject, registry.MayWithdraw
	fresh, eligible, first, _, _ := policyRecords()
	said := []registry.Objection{{Sequence: 1}}
	objecting, eligibleObjecting, vaccinated := fresh, eligible, first
	objecting.Objections = said
	eligibleObjecting.Objections = []registry.Objection{{Sequence: 1, Declared: 1}}
	vaccinated.Objections = eligibleObjecting.Objections
	injection := []registry.ObjectionLimit{
		{From: registry.MustDate("2021-01-15"), Step: registry.StepFirstDose},
		{From: registry.MustDate("2020-12-25"), Step: registry.StepEligibility},
		{From: registry.MustDate("2021-02-02"), Step: registry.StepEligibility},
	}
	of := func(by registry.Actor, r registry.Record, limits ...registry.ObjectionLimit) registry.Case {
		ref := rt.Reference()
		ref.ObjectionLimits = limits
		return registry.Case{Actor: by, Record: r, Reference: ref, Today: registry.MustDate("2021-02-01")}
	}
	cases := []policyCase{
		{"a doctor records an objection", object, of(rt.Doctor("Martin"), fresh), noRole},
		{"a doctor withdraws an objection", withdraw, of(rt.Doctor("Martin"), objecting), noRole},
		{"a campaign manager records an objection", object, of(rt.Agent(registry.RoleCampaign, "Chef"), fresh), noRole},
		{"a campaign manager withdraws an objection", withdraw, of(rt.Agent(registry.RoleCampaign, "Chef"), objecting), noRole},
	}
	for _, role := range []registry.Role{registry.RoleSupport, registry.RoleDataProtection} {
		by, blank := rt.Agent(role, "Alex"), rt.Agent(role, "")
		blank.Practitioner.NationalID = ""
		as := " (" + string(role) + ")"
		cases = append(cases, []policyCase{
			{"an agent records an objection" + as, object, of(by, fresh), ""},
			{"an agent without identity records an objection" + as, object, of(blank, fresh), noIdentity},
			{"an agent records a second objection" + as, object, of(by, objecting), noSecondWord},
			{"an agent records an objection after the agreement" + as, object, of(by, eligible), noAfterConsent},
			{"and where another limit is not in force yet" + as, object, of(by, eligible, injection[1:]...), noAfterConsent},
			{"an agent records an objection after the agreement, before the injection" + as, object, of(by, eligible, injection...), ""},
			{"an agent records an objection after the injection" + as, object, of(by, first, injection...), noAfterDose},
			{"an agent records an objection under an agreement lifted by none" + as, object, of(by, eligibleObjecting, injection...), noSecondWord},
			{"an agent withdraws an objection" + as, withdraw, of(by, objecting), ""},
			{"an agent withdraws one made after the agreement" + as, withdraw, of(by, eligibleObjecting), ""},
			{"an agent without identity withdraws an objection" + as, withdraw, of(blank, objecting), noIdentity},
			{"an agent withdraws no objection" + as, withdraw, of(by, fresh), noObjection},
			{"an agent withdraws one that an injection lifted" + as, withdraw, of(by, vaccinated), noObjection},
		}...)
	}
	return cases
}

// answersWrong returns the names of the cases to which the policy gives another answer.
func answersWrong() (names []string) {
	for _, c := range slices.Concat(policyCases(), officerPolicyCases(), campaignPolicyCases(), objectionPolicyCases()) {
		if !startsWith(c.ask(c.c), c.want) {
			names = append(names, c.name)
		}
	}
	return names
}

// startsWith tells whether an error's sentence starts with some words; no words want no error.
func startsWith(err error, words string) bool {
	if err == nil || words == "" {
		return err == nil && words == ""
	}
	text := err.Error()
	return len(text) >= len(words) && text[:len(words)] == words
}

func TestPolicyAnswersEveryCase(t *testing.T) {
	for _, c := range slices.Concat(policyCases(), officerPolicyCases(), campaignPolicyCases(), objectionPolicyCases()) {
		t.Run(c.name, func(t *testing.T) {
			if err := c.ask(c.c); !startsWith(err, c.want) {
				t.Errorf("answer is %v, want %q", err, c.want)
			}
		})
	}
}

// Every condition is needed: with any one of them taken away, some case gets another answer.
func TestEveryConditionOfThePolicyIsProven(t *testing.T) {
	removed := 0
	registry.WithoutEachCondition(func(row string) {
		removed++
		wrong := answersWrong()
		if len(wrong) == 0 {
			t.Errorf("%s: no case notices", row)
		}
		t.Logf("%s: noticed by %q", row, wrong)
	})
	if removed == 0 {
		t.Error("no condition was removed")
	}
	if wrong := answersWrong(); len(wrong) > 0 {
		t.Errorf("the conditions were not put back: %q", wrong)
	}
}
