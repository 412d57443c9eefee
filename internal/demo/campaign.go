package demo

import (
	"slices"

	"vaccin/internal/registry"
)

// phase opens the campaign to some people from a day on, as France did.
type phase struct {
	from     registry.Date
	includes func(r resident, age int) bool
}

// campaignStart is the day of the first injections in France.
var campaignStart = registry.MustDate("2020-12-27")

var phases = []phase{
	{campaignStart, func(r resident, _ int) bool { return r.careHome != nil }},
	{registry.MustDate("2021-01-04"), func(r resident, age int) bool { return r.professional && age >= 50 }},
	{registry.MustDate("2021-01-18"), aged(75)},
	{registry.MustDate("2021-02-06"), func(r resident, _ int) bool { return r.professional }},
	{registry.MustDate("2021-03-27"), aged(70)},
	{registry.MustDate("2021-04-16"), aged(60)},
	{registry.MustDate("2021-05-10"), aged(50)},
	{registry.MustDate("2021-05-31"), aged(18)},
}

func aged(years int) func(resident, int) bool {
	return func(_ resident, age int) bool { return age >= years }
}

// targetedFrom is the day from which the campaign reaches someone; zero when it has not by today.
func targetedFrom(r resident, today registry.Date) registry.Date {
	for _, p := range phases {
		if p.from.After(today) {
			break
		}
		if age, _ := registry.BirthDateOf(r.born).AgeOn(p.from); p.includes(r, age) {
			return p.from
		}
	}
	return registry.Date{}
}

// codes gives target codes that no two people share: a walk through all of them by a step that no
// factor of their number divides.
type codes struct{ at, step uint64 }

func newCodes(c chance) *codes {
	space := registry.CodeSpace - 1 // the codes are 1 to that
	step := c.Uint64N(space)
	for gcd(step, space) != 1 {
		step = c.Uint64N(space)
	}
	return &codes{at: c.Uint64N(space), step: step}
}

func (k *codes) give() registry.TargetCode {
	k.at = (k.at + k.step) % (registry.CodeSpace - 1)
	return registry.TargetCode(k.at + 1)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// sample keeps some of all the people who stream by, each with the same chance (algorithm R).
type sample struct {
	chance
	size int
	seen int
	kept []resident
}

func (s *sample) offer(r resident) {
	s.seen++
	if len(s.kept) < s.size {
		s.kept = append(s.kept, r)
	} else if at := s.IntN(s.seen); at < s.size {
		s.kept[at] = r
	}
}

// candidates are those among whom the campaign has begun: reached early enough to have two doses,
// reached since, and not reached but sent by their doctor.
type candidates struct {
	today               registry.Date
	early, late, others sample
}

// newCandidates takes about 5 % of the country, and at most 1,100 people: enough for every page to have
// something to show.
func newCandidates(c chance, persons int, today registry.Date) *candidates {
	size := func(most int) int { return max(10, min(most, most*persons/defaultPersons)) }
	return &candidates{
		today:  today,
		early:  sample{chance: c, size: size(1_020)},
		late:   sample{chance: c, size: size(700)},
		others: sample{chance: c, size: size(60)},
	}
}

// twoDoses is after how many days someone can have had both doses of the first vaccines.
const twoDoses = 30

func (c *candidates) offer(r resident) {
	age, _ := registry.BirthDateOf(r.born).AgeOn(c.today)
	switch {
	case r.targeted.IsZero() && age >= 50:
		c.others.offer(r)
	case r.targeted.IsZero():
	case c.today.DaysSince(r.targeted) >= twoDoses:
		c.early.offer(r)
	default:
		c.late.offer(r)
	}
}

// all are those reached since, and of those reached early as many as there is room for.
func (c *candidates) all() []resident {
	early := slices.Clone(c.early.kept)
	c.early.Shuffle(len(early), func(i, j int) { early[i], early[j] = early[j], early[i] })
	early = early[:min(len(early), c.early.size-len(c.late.kept))]
	return slices.Concat(early, c.late.kept, c.others.kept)
}
