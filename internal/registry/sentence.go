package registry

import (
	"fmt"
	"slices"
	"strings"
)

// This file says criteria in French, so that a doctor can check them.

// NeverConcerned says what holds in every campaign beside its criteria.
const NeverConcerned = "Les personnes décédées et celles qui se sont opposées au traitement de leurs données ne sont jamais ciblées."

// AgeForSure says what an age is of someone whose birth date is lunar or not known: criteria let nobody in by a guess (Age.Births), and counts
// by age put them in a class of their own.
const AgeForSure = "Une personne dont la date de naissance n’est pas entièrement connue ne répond à un critère d’âge que si elle y répond à coup " +
	"sûr\u00a0; les décomptes par âge la rangent à «\u00a0âge inconnu\u00a0»."

// NotTold says what criteria make of someone of whom the referential does not tell what they ask: no list holds for them, and every one that
// keeps out does (Among, Territory, AmongConditions, AmongComorbidities).
const NotTold = "Ce que le référentiel des assurés ne dit pas d’une personne est compté comme absent\u00a0: si son lieu de vie n’y est pas " +
	"indiqué, elle n’est pas de celles «\u00a0qui vivent en EHPAD\u00a0», mais elle est de celles «\u00a0qui ne vivent pas en EHPAD\u00a0»\u00a0; " +
	"il en va de même du métier, du lieu de travail, de l’adresse et des maladies."

// Sentence says whom the criteria concern, when the campaign opens on a day.
func (c Criteria) Sentence(opening Date) string {
	if len(c) == 0 {
		return "Personne n’est concerné."
	}
	return "Sont concernées " + strings.Join(c.Lines(opening), "\u00a0; ou ") + "."
}

// Lines says each group apart, without a capital or a full stop: the lines of a list after « Sont concernées : ».
func (c Criteria) Lines(opening Date) []string {
	lines := make([]string, 0, len(c))
	for _, g := range c {
		lines = append(lines, g.phrase(opening))
	}
	return lines
}

func (g Group) phrase(opening Date) string {
	subject := "les personnes"
	switch g.Sex {
	case Female:
		subject += " de sexe féminin"
	case Male:
		subject += " de sexe masculin"
	}
	if g.Age.asked() {
		subject += " " + g.Age.phrase(opening)
	}
	clauses := slices.Concat(
		spoken(g.Residence, residenceTerms, "vivent", ""),
		g.Territory.clauses(),
		spoken(g.Occupation, occupationTerms, "exercent", "comme "),
		spoken(g.Workplace, workplaceTerms, "travaillent", ""),
		g.Comorbidities.clauses(),
		g.Conditions.clauses(),
		g.history(),
	)
	switch {
	case len(clauses) > 0:
		return subject + " " + Enumerate(clauses, "et")
	case g.Age.asked():
		return subject + ", quel que soit leur lieu de vie"
	}
	return subject
}

func (a Age) phrase(opening Date) string {
	on := a.On
	if on.IsZero() {
		on = opening
	}
	day := " le jour de l’ouverture"
	if !on.IsZero() {
		day = " au " + on.FrenchInFull()
	}
	switch {
	case a.AtMost == 0:
		return "de " + years(a.AtLeast) + " ou plus" + day
	case a.AtLeast == 0:
		return "de moins de " + years(a.AtMost+1) + day
	case a.AtLeast == a.AtMost:
		return "de " + years(a.AtLeast) + day
	}
	return fmt.Sprintf("de %d à %s inclus", a.AtLeast, years(a.AtMost)) + day
}

func years(n int) string { return Counted(n, "an", "ans") }

// spoken says an Among: « qui vivent en EHPAD ou à domicile », « qui n’exercent pas comme aides à domicile ». The
// preposition is said once before several.
func spoken[T ~int](a Among[T], terms closedSet, verb, preposition string) (clauses []string) {
	phrases := func(values []T, before string) (all []string) {
		for _, v := range values {
			all = append(all, before+termOf(terms, v).phrase)
		}
		return all
	}
	if len(a.In) > 0 {
		clauses = append(clauses, "qui "+verb+" "+preposition+Enumerate(phrases(a.In, ""), "ou"))
	}
	if len(a.Out) > 0 {
		clauses = append(clauses, neither(verb, phrases(a.Out, preposition)))
	}
	return clauses
}

// neither says « qui ne vivent pas en EHPAD », « qui ne vivent ni en EHPAD ni en USLD ».
func neither(verb string, phrases []string) string {
	not := "ne " + verb
	if strings.ContainsAny(verb[:1], "aeiouh") {
		not = "n’" + verb
	}
	switch len(phrases) {
	case 1:
		return "qui " + not + " pas " + phrases[0]
	case 2:
		return "qui " + not + " ni " + phrases[0] + " ni " + phrases[1]
	}
	return "qui " + not + " ni " + strings.Join(phrases, ", ni ")
}

// Enumerate joins by commas, and the last by a word, « et » or « ou ».
func Enumerate(all []string, last string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " " + last + " " + all[len(all)-1]
}

func (t Territory) clauses() (clauses []string) {
	if !t.In.IsZero() {
		clauses = append(clauses, "qui habitent "+Enumerate(t.In.phrases(), "ou"))
	}
	switch phrases := t.Out.phrases(); {
	case len(phrases) == 1 && len(t.Out.Departments) > 1: // « pas dans l’un des » could be heard as in all but one
		clauses = append(clauses, "qui n’habitent dans aucun des départements "+Enumerate(t.Out.Departments, "et"))
	case len(phrases) > 0:
		clauses = append(clauses, neither("habitent", phrases))
	}
	return clauses
}

func (a Area) phrases() (phrases []string) {
	switch n := len(a.Departments); {
	case n == 1:
		phrases = append(phrases, "dans le département\u00a0"+a.Departments[0])
	case n > 1:
		phrases = append(phrases, "dans l’un des départements "+Enumerate(a.Departments, "et"))
	}
	if len(a.PostalCodes) > 0 {
		phrases = append(phrases, "dans une commune dont le code postal "+codes(a.PostalCodes))
	}
	if len(a.CommuneCodes) > 0 {
		phrases = append(phrases, "dans une commune dont le code INSEE "+codes(a.CommuneCodes))
	}
	return phrases
}

// codes says whole codes and beginnings of codes: « est 75011 ou commence par 92 ».
func codes(all []string) string {
	var whole, begun, parts []string
	for _, code := range all {
		if len(code) == codeLength {
			whole = append(whole, code)
		} else {
			begun = append(begun, code)
		}
	}
	if len(whole) > 0 {
		parts = append(parts, "est "+Enumerate(whole, "ou"))
	}
	if len(begun) > 0 {
		parts = append(parts, "commence par "+Enumerate(begun, "ou"))
	}
	return Enumerate(parts, "ou")
}

func (a AmongConditions) clauses() (clauses []string) {
	const listed = "en affection de longue durée"
	named := func(set Conditions, before string) (all []string) {
		for _, one := range set.All() {
			all = append(all, before+"de l’"+one.String()+" ("+one.Label()+")")
		}
		return all
	}
	switch a.Any {
	case AnswerYes:
		clauses = append(clauses, "qui sont "+listed+" (ALD)")
	case AnswerNo:
		clauses = append(clauses, "qui ne sont pas "+listed+" (ALD)")
	}
	if a.In != 0 {
		clauses = append(clauses, "qui sont "+listed+" au titre "+Enumerate(named(a.In, ""), "ou"))
	}
	switch out := named(a.Out, "au titre "); len(out) {
	case 0:
	case 1:
		clauses = append(clauses, "qui ne sont pas "+listed+" "+out[0])
	default:
		clauses = append(clauses, neither("sont "+listed, out))
	}
	return clauses
}

func (a AmongComorbidities) clauses() (clauses []string) {
	add := func(said bool, clause string) {
		if said {
			clauses = append(clauses, clause)
		}
	}
	named := func(set Comorbidities, last string) string {
		var all []string
		for _, one := range set.All() {
			all = append(all, one.Label())
		}
		return "facteurs de risque (" + Enumerate(all, last) + ")"
	}
	one := func(set Comorbidities) string { return "ce facteur de risque (" + set.All()[0].Label() + ")" }
	add(a.Any == AnswerYes, "qui présentent au moins un facteur de risque de forme grave de Covid-19")
	add(a.Any == AnswerNo, "qui ne présentent aucun facteur de risque de forme grave de Covid-19")
	add(a.VeryHighRisk == AnswerYes, "qui sont vulnérables à très haut risque (liste du COSV)")
	add(a.VeryHighRisk == AnswerNo, "qui ne sont pas vulnérables à très haut risque (liste du COSV)")
	switch n := len(a.In.All()); {
	case n == 1:
		clauses = append(clauses, "qui présentent "+one(a.In))
	case n > 1:
		clauses = append(clauses, "qui présentent au moins un de ces "+named(a.In, "ou"))
	}
	switch n := len(a.Out.All()); {
	case n == 1:
		clauses = append(clauses, "qui ne présentent pas "+one(a.Out))
	case n > 1:
		clauses = append(clauses, "qui ne présentent aucun de ces "+named(a.Out, "et"))
	}
	return clauses
}

// history says what the service already knows of someone.
func (g Group) history() (clauses []string) {
	if g.Vaccination != 0 {
		clauses = append(clauses, termOf(vaccinationTerms, g.Vaccination).phrase)
	}
	switch g.Targeted {
	case AnswerYes:
		clauses = append(clauses, "qui ont déjà été ciblées")
	case AnswerNo:
		clauses = append(clauses, "qui n’ont pas encore été ciblées")
	}
	return clauses
}
