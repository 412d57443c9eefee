package registry

import "slices"

// This file says who may do what, and until when; nothing else in the service decides it. Each rule
// is a row of conditions, tried in order; the first that fails is the reason given to the person.

// Case is what a rule looks at: who wants to act, on which record, on which day, and why.
type Case struct {
	Actor     Actor
	Record    Record
	Reference Reference
	Today     Date
	Step      Step
	Reason    string // of support's rectifications and of every annulment
	Run       Run    // to approve
	Report    Report // to close
}

type condition func(Case) *Error

var (
	// A practitioner of an authorised profession, at a place of practice.
	practising = []condition{isIdentified, professionAuthorised, placeChosen}

	// An agent, whose every act is traced to a person.
	agent = []condition{isIdentified}

	// rules is who may do what: a role that a verb does not name may not do it. docs/roles.md shows it as a
	// table, which a test holds to it.
	rules = map[verb]map[Role][]condition{
		verbSearch:   {RolePractitioner: practising, RoleSupport: agent},
		verbRegister: {RolePractitioner: practising},
		verbDeclare: {
			RolePractitioner: slices.Concat(practising, []condition{stepFree, eligibilityDone, firstDoseDone, notSingleDose}),
		},
		verbRectify: {
			RolePractitioner: slices.Concat(practising, []condition{stepDone, isAuthor, nextStepFree}),
			RoleSupport:      slices.Concat(agent, []condition{stepDone, reasonGiven}),
		},
		verbAnnul: {
			RolePractitioner: slices.Concat(practising, []condition{stepDone, isAuthor, nextStepFree, reasonGiven}),
			RoleSupport:      slices.Concat(agent, []condition{stepDone, firstDoseNotUnderSecond, reasonGiven}),
		},
		verbReviewOwn: {RolePractitioner: practising},
		verbOversee:   {RoleSupport: agent, RoleDataProtection: agent},
		verbCloseReport: {
			RoleSupport:        slices.Concat(agent, []condition{aboutOther}),
			RoleDataProtection: slices.Concat(agent, []condition{aboutOther}),
		},
		verbReadLog:  {RoleDataProtection: agent},
		verbResolve:  {RoleDataProtection: slices.Concat(agent, []condition{reasonGiven})},
		verbDisclose: {RoleDataProtection: agent},
		verbPrepare:  {RoleCampaign: agent},
		verbApprove:  {RoleCampaign: slices.Concat(agent, []condition{concernsSomebody, preparedByOther})},
		verbObject: {
			RoleSupport:        slices.Concat(agent, []condition{notObjecting, beforeLimit}),
			RoleDataProtection: slices.Concat(agent, []condition{notObjecting, beforeLimit}),
		},
		verbWithdraw: {
			RoleSupport:        slices.Concat(agent, []condition{objecting}),
			RoleDataProtection: slices.Concat(agent, []condition{objecting}),
		},
		verbMatch: {RoleSupport: agent},
		verbPrint: {RoleCampaign: agent, RoleSystem: agent},
		verbBring: {RoleSystem: agent},
	}
)

// MaySearch tells whether the actor may look for patients and read their records.
func MaySearch(c Case) error { return may(verbSearch, c) }

// MayRegister tells whether the actor may enter a patient by hand.
func MayRegister(c Case) error { return may(verbRegister, c) }

// MayDeclare tells whether the actor may validate the case's step for the first time.
func MayDeclare(c Case) error { return may(verbDeclare, c) }

// MayRectify tells whether the actor may modify what stands in the case's step.
func MayRectify(c Case) error { return may(verbRectify, c) }

// MayAnnul tells whether the actor may mark what stands in the case's step as entered in error.
func MayAnnul(c Case) error { return may(verbAnnul, c) }

// MayReviewOwn tells whether the actor may see what was recorded in their name, and report what they did
// not do.
func MayReviewOwn(c Case) error { return may(verbReviewOwn, c) }

// MayOversee tells whether the actor may read the reports on accounts.
func MayOversee(c Case) error { return may(verbOversee, c) }

// MayClose tells whether the actor may say how the case's report was dealt with, and lift what it stopped.
func MayClose(c Case) error { return may(verbCloseReport, c) }

// MayReadLog tells whether the actor may read the access log, in which patients are pseudonyms.
func MayReadLog(c Case) error { return may(verbReadLog, c) }

// MayResolve tells whether the actor may learn, for the case's reason, whom a pseudonym of the log stands for.
func MayResolve(c Case) error { return may(verbResolve, c) }

// MayDisclose tells whether the actor may look for a person who asks for their data, and read all that is held.
func MayDisclose(c Case) error { return may(verbDisclose, c) }

// MayPrepare tells whether the actor may write campaigns, prepare runs of them, and see how far they are.
func MayPrepare(c Case) error { return may(verbPrepare, c) }

// MayApprove tells whether the actor may approve the case's run.
func MayApprove(c Case) error { return may(verbApprove, c) }

// MayObject tells whether the actor may record that the case's person objects; of no person, whether they may at all.
func MayObject(c Case) error { return may(verbObject, c) }

// MayWithdraw tells whether the actor may record that the case's person takes their objection back.
func MayWithdraw(c Case) error { return may(verbWithdraw, c) }

// MayMatch tells whether the actor may decide whether two records that an import left in doubt are of one person.
func MayMatch(c Case) error { return may(verbMatch, c) }

// MayPrint tells whether the actor may have letters of runs printed, and take them away.
func MayPrint(c Case) error { return may(verbPrint, c) }

// MayBring tells whether the actor may bring a new campaign by its file, without a page.
func MayBring(c Case) error { return may(verbBring, c) }

func may(v verb, c Case) error {
	conditions, ok := rules[v][c.Actor.Role]
	if !ok {
		return NotAllowed("Votre rôle ne permet pas cette action.")
	}
	return firstFailure(c, conditions)
}

func firstFailure(c Case, conditions []condition) error {
	for _, holds := range conditions {
		if err := holds(c); err != nil {
			return err
		}
	}
	return nil
}

func isIdentified(c Case) *Error {
	if c.Actor.Practitioner.NationalID == "" {
		return NotAllowed("Votre identité n’est pas connue du téléservice. Déconnectez-vous, puis connectez-vous de nouveau.")
	}
	return nil
}

func professionAuthorised(c Case) *Error {
	if !c.Reference.ProfessionAuthorised(c.Actor.Practitioner.Profession, c.Today) {
		return NotAllowed("À cette date, le téléservice n’est pas ouvert à votre profession.")
	}
	return nil
}

func placeChosen(c Case) *Error {
	if c.Actor.Place.ID == "" {
		return NotAllowed("Choisissez d’abord votre lieu d’exercice.")
	}
	return nil
}

func stepFree(c Case) *Error {
	if c.Record.Done(c.Step) {
		return Conflict("Cette étape est déjà enregistrée dans le dossier.")
	}
	return nil
}

// eligibilityDone asks for the eligibility before any dose.
func eligibilityDone(c Case) *Error {
	if c.Step > StepEligibility && !c.Record.Done(StepEligibility) {
		return NotAllowed("L’éligibilité du patient doit d’abord être déclarée.")
	}
	return nil
}

// firstDoseDone asks for dose 1 before dose 2.
func firstDoseDone(c Case) *Error {
	if c.Step == StepSecondDose && !c.Record.Done(StepFirstDose) {
		return NotAllowed("La 1ère vaccination doit d’abord être enregistrée.")
	}
	return nil
}

func notSingleDose(c Case) *Error {
	if c.Step == StepSecondDose && c.Record.SingleDose() {
		return NotAllowed("Le vaccin reçu ne comporte qu’une dose : la vaccination est complète.")
	}
	return nil
}

func stepDone(c Case) *Error {
	if !c.Record.Done(c.Step) {
		return NotAllowed("Cette étape n’est pas enregistrée dans le dossier.")
	}
	return nil
}

func isAuthor(c Case) *Error {
	author, ok := c.Record.author(c.Step)
	if !ok || author.Practitioner.NationalID != c.Actor.Practitioner.NationalID {
		return NotAllowed("Seul le professionnel de santé qui a validé cette étape peut la modifier ou l’annuler. " +
			"En cas d’erreur, contactez l’assistance.")
	}
	return nil
}

// nextStepFree closes a step to its author once the next one is recorded.
func nextStepFree(c Case) *Error {
	if c.Step < StepSecondDose && c.Record.Done(c.Step+1) {
		return NotAllowed("L’étape suivante est enregistrée : cette étape ne peut plus être modifiée ni annulée. " +
			"En cas d’erreur, contactez l’assistance.")
	}
	return nil
}

// firstDoseNotUnderSecond holds for support too: a second dose never stands without the first.
func firstDoseNotUnderSecond(c Case) *Error {
	if c.Step == StepFirstDose && c.Record.Done(StepSecondDose) {
		return NotAllowed("La 2ème vaccination est enregistrée : annulez-la avant d’annuler la 1ère.")
	}
	return nil
}

// concernsSomebody asks for somebody to give a code to; it comes before who approves, or another would be asked for an approval of no use.
func concernsSomebody(c Case) *Error {
	if c.Run.Nobody() {
		return Conflict("Ce ciblage ne concerne personne\u00a0: il n’y a rien à approuver. Revenez à %s.").Naming(RunList)
	}
	return nil
}

// preparedByOther has two persons look at a run before it reaches the population.
func preparedByOther(c Case) *Error {
	if c.Run.PreparedBy == c.Actor.Practitioner.NationalID {
		return NotAllowed("Vous avez préparé ce ciblage\u00a0: une autre personne doit l’approuver.")
	}
	return nil
}

// aboutOther leaves a report to someone else than the account it is about: who guesses with the account of an overseer would lift their own
// block, each time.
func aboutOther(c Case) *Error {
	if c.Report.About.NationalID == c.Actor.Practitioner.NationalID {
		return NotAllowed("Ce signalement concerne votre compte\u00a0: une autre personne doit le traiter.")
	}
	return nil
}

func notObjecting(c Case) *Error {
	if c.Record.Objects() {
		return Conflict("Une opposition de cette personne est déjà enregistrée.")
	}
	return nil
}

// beforeLimit ends the time in which one may object: that is a setting, dated (TGT-6).
func beforeLimit(c Case) *Error {
	limit := c.Reference.ObjectionLimit(c.Today)
	switch {
	case !c.Record.past(limit):
		return nil
	case limit == StepEligibility:
		return NotAllowed("Cette personne a donné son accord à la vaccination\u00a0: elle ne peut plus s’opposer. Indiquez-lui ses autres droits.")
	}
	return NotAllowed("Cette personne a reçu une injection\u00a0: elle ne peut plus s’opposer. Indiquez-lui ses autres droits.")
}

func objecting(c Case) *Error {
	if !c.Record.Objects() {
		return Conflict("Aucune opposition de cette personne n’est en vigueur.")
	}
	return nil
}

func reasonGiven(c Case) *Error {
	_, err := requiredText(c.Reason, reasonLimit, "Indiquez le motif.")
	f := form{}
	f.check(FieldReason, err)
	return f.refusal()
}

// reasonLimit is the most characters of a reason.
const reasonLimit = 300

// FieldReason names the reason of an annulment, of a rectification by support, or to resolve a pseudonym.
const FieldReason = "reason"
