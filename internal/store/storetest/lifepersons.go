package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// What becomes of one person in a life: what they say, what is declared, and that two are one.

func (f *living) coded() bool { return f.own || f.run != 0 }
func (f *living) used() bool  { return len(f.agreed) > 0 }

func (f *living) agrees() bool { return f.used() && !f.agreed[len(f.agreed)-1].annulled }

// objects: the last thing said counts, unless an agreement since, or an injection, lifts it.
func (f *living) objects() bool {
	if len(f.said) == 0 || f.dosed {
		return false
	}
	last := f.said[len(f.said)-1]
	return !last.taken && !(f.agrees() && f.agreed[len(f.agreed)-1].at.After(last.at))
}

func (l *life) died(p *modelled) bool { return !p.row.Died.IsZero() }

// enterByHand enters someone who may be known.
func (l *life) enterByHand(t *rapid.T) {
	known := len(l.persons)
	l.enter(t)
	outcome := registry.OutcomeDone
	if len(l.persons) == known {
		outcome = registry.OutcomeRepeated
	}
	l.logs(t, fmt.Sprint(registry.ActionRegister, " ", outcome))
}

func (l *life) object(t *rapid.T) {
	p, f := l.anyone(t, func(*modelled, *living) bool { return true })
	refused := f.objects() || f.agrees() || f.dosed
	_, err := l.registry.RecordObjection(l.ctx, l.actOfAgent(p.id), l.saidNow(t))
	if err == nil && refused && f.objects() {
		return // said again
	}
	l.refused(t, "an objection", err, refused)
	if !refused {
		f.said = append(f.said, saidObjection{at: l.clock.Now()})
		l.logs(t, did(registry.ActionObject))
	}
}

func (l *life) saidNow(t *rapid.T) registry.ObjectionRequest {
	channel := rapid.SampledFrom(registry.Channels).Draw(t, "channel")
	return registry.ObjectionRequest{On: registry.DateOf(l.clock.Now()).French(), Channel: string(channel)}
}

func (l *life) withdraw(t *rapid.T) {
	p, f := l.anyone(t, func(_ *modelled, f *living) bool { return f.objects() })
	_, err := l.registry.WithdrawObjection(l.ctx, l.actOfAgent(p.id), l.saidNow(t))
	l.must(t, err)
	f.said[len(f.said)-1].taken = true
	l.logs(t, did(registry.ActionWithdrawObjection))
}

// declaration and injection are confirmed whenever the person is known to have died.
func declaration() registry.EligibilityRequest {
	req := registrytest.EligibilityRequest()
	req.Confirmed = afterDeaths("2021-01-28")
	return req
}

func injection() registry.DoseRequest {
	req := registrytest.DoseRequest()
	req.Confirmed = afterDeaths("2021-02-01")
	return req
}

func afterDeaths(day string) (confirmed []string) {
	for _, died := range daysOfDeath {
		confirmed = append(confirmed, registry.QuestionDied+":"+died+":"+day)
	}
	return confirmed
}

// asked sees that who is known to have died was asked about, and nobody else.
func (l *life) asked(t *rapid.T, p *modelled, confirmed []registry.Confirmation) {
	l.same(t, "how often a death was asked about", len(confirmed), one(l.died(p)))
}

func (l *life) declare(t *rapid.T) {
	p, f := l.anyone(t, func(_ *modelled, f *living) bool { return !f.agrees() })
	objected := f.objects()
	_, err := l.registry.DeclareEligibility(l.ctx, l.act(p.id), declaration())
	l.must(t, err)
	f.agreed = append(f.agreed, agreement{at: l.clock.Now()})
	f.own = f.own || f.run == 0
	l.logs(t, l.turned(f, objected, did(registry.ActionDeclareEligibility))...)
	e, _ := l.record(p.id).Eligibility()
	l.asked(t, p, e.Current().Confirmed)
}

// turned is what the log tells of an act after which someone may object, or not any more.
func (l *life) turned(f *living, objected bool, acts ...string) []string {
	switch {
	case objected && !f.objects():
		acts = append(acts, did(registry.ActionLiftObjection))
	case !objected && f.objects():
		acts = append(acts, did(registry.ActionRestoreObjection))
	}
	return acts
}

func (l *life) inject(t *rapid.T) {
	p, f := l.anyone(t, func(_ *modelled, f *living) bool { return f.agrees() && !f.dosed })
	objected := f.objects()
	_, err := l.registry.RecordDose(l.ctx, l.firstDose(p.id), injection())
	l.must(t, err)
	f.dosed = true
	l.logs(t, l.turned(f, objected, did(registry.ActionRecordFirstDose))...)
	d, _ := l.record(p.id).Dose(registry.StepFirstDose)
	l.asked(t, p, d.Current().Confirmed)
}

// annul annuls what was declared last.
func (l *life) annul(t *rapid.T) {
	p, f := l.anyone(t, func(_ *modelled, f *living) bool { return f.agrees() })
	act, action, objected := l.act(p.id), registry.ActionAnnulEligibility, f.objects()
	if f.dosed {
		act, action = l.firstDose(p.id), registry.ActionAnnulFirstDose
	}
	act.Reason = "erreur"
	_, err := l.registry.Annul(l.ctx, act)
	l.must(t, err)
	if f.dosed {
		f.dosed = false
	} else {
		f.agreed[len(f.agreed)-1].annulled = true
	}
	l.logs(t, l.turned(f, objected, did(action))...)
}

// decideDoubt decides one of the matches.
func (l *life) decideDoubt(t *rapid.T) {
	all := l.env.doubts()
	slices.SortFunc(all, func(a, b registry.DoubtfulMatch) int {
		return strings.Compare(fmt.Sprint(l.numberOf(a.Record), " ", l.numberOf(a.Other)), fmt.Sprint(l.numberOf(b.Record), " ", l.numberOf(b.Other)))
	})
	m := rapid.SampledFrom(all).Draw(t, "match")
	file, other := l.numberOf(m.Record), l.numberOf(m.Other)
	decision := rapid.SampledFrom([]registry.MatchDecision{registry.MatchSame, registry.MatchSame, registry.MatchTwo}).Draw(t, "decision")
	err := l.registry.DecideMatch(l.ctx, registrytest.Support("Alex"), m.Record, m.Other, decision)
	if decision == registry.MatchTwo {
		l.must(t, err)
		l.areTwo(file, other)
		l.logs(t, did(registry.ActionTwoPersons), did(registry.ActionTwoPersons))
		return
	}
	both := l.living(l.persons[file]).used() && l.living(l.persons[other]).used()
	l.refused(t, "one person", err, both)
	if !both {
		l.logs(t, l.join(file, other)...)
	}
}

func (l *life) numberOf(id registry.RecordID) int {
	return slices.IndexFunc(l.persons, func(p *modelled) bool { return p.id == id && !p.gone })
}

func (l *life) areTwo(a, b int) {
	l.two[[2]int{min(a, b), max(a, b)}] = true
	maps.DeleteFunc(l.doubts, func(d modelledDoubt, _ bool) bool { return l.two[[2]int{d.one, d.other}] })
}

// join makes one person of two: what the file tells of one, and the record of the one in which something was declared, or else the other.
func (l *life) join(file, other int) (log []string) {
	stays, goes := other, file
	if l.living(l.persons[file]).used() {
		stays, goes = file, other
	}
	s, g := l.persons[stays], l.persons[goes]
	told := *l.persons[file]
	told.patient.Contact = told.patient.Completed(l.persons[other].patient.Contact)
	s.patient, s.row, s.forgot = told.patient, told.row, told.forgot
	g.gone = true
	log = []string{did(registry.ActionSamePerson), did(registry.ActionSamePerson)}
	into, from := l.living(s), l.living(g)
	switch {
	case from.run != 0 && !into.coded():
		into.run, into.code = from.run, from.code
	case from.coded():
		into.former = append(into.former, from.code)
	}
	into.former = append(into.former, from.former...)
	objected := from.objects()
	if into.objects() || len(from.said) > 0 && from.said[len(from.said)-1].taken {
		into.said = slices.Concat(from.said, into.said)
	} else {
		into.said = slices.Concat(into.said, from.said)
	}
	if objected && !into.objects() {
		log = append(log, did(registry.ActionLiftObjection))
	}
	for _, r := range l.runs {
		r.joined(s, g)
	}
	// Whoever was another than one of them is another than the person; doubts are with the record that stays.
	for pair := range maps.Clone(l.two) {
		if pair[0] == goes || pair[1] == goes {
			third := pair[0] + pair[1] - goes
			l.two[[2]int{min(stays, third), max(stays, third)}] = true
		}
	}
	moved := map[modelledDoubt]bool{}
	for d := range l.doubts {
		if d.one == goes {
			d.one = stays
		}
		if d.other == goes {
			d.other = stays
		}
		d.one, d.other = min(d.one, d.other), max(d.one, d.other)
		if d.one != d.other && !l.two[[2]int{d.one, d.other}] {
			moved[d] = true
		}
	}
	l.doubts = moved
	return log
}

func (l *life) rotateKeys(t *rapid.T) {
	l.must(t, l.rotate(l.event))
	for _, p := range l.persons {
		p.forgot = true
	}
	l.logs(t, did(registry.ActionRotateKey), did(registry.ActionRotateKey), did(registry.ActionRetireKey), did(registry.ActionRetireKey))
}

// disclose tells someone what is held on them.
func (l *life) disclose(t *rapid.T) {
	p, f := l.anyone(t, func(*modelled, *living) bool { return true })
	held, err := l.store.Holdings(l.ctx, p.id, l.event(registry.ActionDisclose))
	l.must(t, err)
	var former []registry.TargetCode
	for _, c := range held.FormerCodes {
		former = append(former, c.Code)
	}
	want := slices.Clone(f.former)
	slices.Sort(former)
	slices.Sort(want)
	l.same(t, "former codes", former, want)
	letters := 0
	for _, r := range l.runs {
		for _, b := range r.batches {
			letters += len(b.lettersTo(p))
		}
	}
	if len(held.Letters) != letters {
		t.Fatalf("%d letters are told to the person, %d in the model", len(held.Letters), letters)
	}
}
