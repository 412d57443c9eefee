package registrytest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"vaccin/internal/registry"
)

// Reference returns the small reference data.
func (m *Memory) Reference(context.Context) (registry.Reference, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.reference
	return registry.Reference{
		Vaccines: slices.Clone(r.Vaccines), Schedules: slices.Clone(r.Schedules), Sites: slices.Clone(r.Sites),
		PlaceTypes: slices.Clone(r.PlaceTypes), Activities: slices.Clone(r.Activities), Openings: slices.Clone(r.Openings),
		ObjectionLimits: slices.Clone(r.ObjectionLimits),
	}, nil
}

// PracticePlaces returns the imported places of practice of a practitioner.
func (m *Memory) PracticePlaces(_ context.Context, nationalID string) ([]registry.PracticePlace, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []registry.PracticePlace
	for _, p := range m.reference.PracticePlaces {
		if p.NationalID == nationalID {
			all = append(all, p.Place)
		}
	}
	return all, nil
}

// rank says how well a text finds something by its terms, the lower the better, and whether it does.
func rank(typed string, terms []string, order func(term, typed string) int) (best int, found bool) {
	for _, t := range terms {
		if !strings.HasPrefix(t, typed) {
			continue
		}
		if r := order(t, typed); !found || r < best {
			best, found = r, true
		}
	}
	return best, found
}

// localityRank is 0 for a name or postal code that is the text, or is but for a number that follows; 1 for
// one that starts with it; 2 for one that has it further on.
func localityRank(l registry.Locality, text string) (int, bool) {
	name := registry.SpellOut(registry.Fold(l.Name))
	starts := []string{l.PostalCode + " " + name, name + " " + l.PostalCode}
	if d := strings.ToLower(l.CommuneCode[:min(2, len(l.CommuneCode))]); d == "2a" || d == "2b" {
		starts = append(starts, d+" "+name)
	}
	return rank(registry.SearchText(text), registry.SearchTerms(starts...), func(term, typed string) int {
		if !slices.Contains(starts, term) {
			return 2
		}
		if rest, ok := strings.CutPrefix(term, typed+" "); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return 0
		}
		return 1
	})
}

// placeRank is 0 for a name or postal code that starts with the text, 1 for one that has it further on,
// and for a town.
func placeRank(p registry.VaccinationPlace, text string) (int, bool) {
	name, town := registry.SpellOut(registry.Fold(p.Name)), registry.SpellOut(registry.Fold(p.Locality))
	label := registry.SpellOut(registry.Fold(p.Label))
	terms := registry.SearchTerms(label, name, p.PostalCode+" "+town, town+" "+p.PostalCode)
	return rank(registry.SearchText(text), terms, func(term, _ string) int {
		if strings.HasPrefix(term+" ", name+" ") || strings.HasPrefix(term+" ", p.PostalCode+" ") {
			return 0
		}
		return 1
	})
}

// first returns at most limit of the rows that match, in the order given.
func first[T any](all []T, limit int, match func(T) bool, order func(a, b T) int) []T {
	var rows []T
	for _, one := range all {
		if match(one) {
			rows = append(rows, one)
		}
	}
	slices.SortStableFunc(rows, order)
	return rows[:min(max(0, limit), len(rows))]
}

// Localities returns the localities found by a text.
func (m *Memory) Localities(_ context.Context, text string, limit int) ([]registry.Locality, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	match := func(l registry.Locality) bool {
		_, found := localityRank(l, text)
		return found
	}
	return first(m.reference.Localities, limit, match, func(a, b registry.Locality) int {
		rankA, _ := localityRank(a, text)
		rankB, _ := localityRank(b, text)
		return cmp.Or(cmp.Compare(rankA, rankB), strings.Compare(a.PostalCode, b.PostalCode), strings.Compare(registry.Fold(a.Name), registry.Fold(b.Name)))
	}), nil
}

// LocalitiesNamed returns the localities of a label.
func (m *Memory) LocalitiesNamed(_ context.Context, label string) ([]registry.Locality, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.localitiesNamed(label), nil
}

func (m *Memory) localitiesNamed(label string) []registry.Locality {
	var all []registry.Locality
	for _, l := range m.reference.Localities {
		if folded := registry.Fold(label); folded != "" && registry.Fold(l.Label()) == folded {
			all = append(all, l)
		}
	}
	return all
}

// Places returns the vaccination places found by a text.
func (m *Memory) Places(
	_ context.Context, placeType, text string, day registry.Date, limit int,
) ([]registry.VaccinationPlace, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	match := func(p registry.VaccinationPlace) bool {
		open := p.Closed.IsZero() || !p.Closed.Before(day)
		_, found := placeRank(p, text)
		return p.Type == placeType && open && found
	}
	return first(m.reference.Places, limit, match, func(a, b registry.VaccinationPlace) int {
		rankA, _ := placeRank(a, text)
		rankB, _ := placeRank(b, text)
		return cmp.Or(cmp.Compare(rankA, rankB), strings.Compare(a.PostalCode, b.PostalCode), strings.Compare(registry.Fold(a.Name), registry.Fold(b.Name)))
	}), nil
}

// Lots returns the lots of a vaccine found by a text.
func (m *Memory) Lots(_ context.Context, vaccineCode, text string, limit int) ([]registry.Lot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	match := func(l registry.Lot) bool {
		return l.VaccineCode == vaccineCode && strings.HasPrefix(l.Number, registry.NormalLot(text))
	}
	return first(m.reference.Lots, limit, match, func(a, b registry.Lot) int { return strings.Compare(a.Number, b.Number) }), nil
}

// ImportReference adds rows and replaces those of the same key.
func (m *Memory) ImportReference(_ context.Context, c registry.ReferenceChange, event registry.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if undated(c) {
		return errNoDate
	}
	if err := m.log(event); err != nil {
		return err
	}
	r := &m.reference
	r.Vaccines = merged(r.Vaccines, c.Vaccines, func(v registry.Vaccine) any { return v.Code })
	r.Schedules = merged(r.Schedules, c.Schedules, func(s registry.Schedule) any { return [2]any{s.VaccineCode, s.From} })
	r.Sites = merged(r.Sites, c.Sites, func(s registry.InjectionSite) any { return s.Code })
	r.PlaceTypes = merged(r.PlaceTypes, c.PlaceTypes, func(t registry.PlaceType) any { return t.Code })
	r.Activities = merged(r.Activities, c.Activities, func(a registry.Activity) any { return a.Code })
	r.Openings = merged(r.Openings, c.Openings, func(o registry.ProfessionOpening) any { return [2]any{o.Profession, o.From} })
	r.ObjectionLimits = merged(r.ObjectionLimits, c.ObjectionLimits, func(l registry.ObjectionLimit) any { return l.From })
	r.Localities = merged(r.Localities, c.Localities, func(l registry.Locality) any {
		return [2]any{l.PostalCode, registry.Fold(l.Name)}
	})
	r.Places = merged(r.Places, c.Places, func(p registry.VaccinationPlace) any { return p.ID })
	for i, p := range r.Places {
		if slices.Contains(c.GonePlaces, p.ID) {
			r.Places[i].Public = false
		}
	}
	r.Lots = merged(r.Lots, c.Lots, func(l registry.Lot) any { return l })
	r.PracticePlaces = merged(r.PracticePlaces, c.PracticePlaces, func(p registry.PractitionerPlace) any {
		return [2]any{p.NationalID, p.Place.ID}
	})
	return nil
}

// errNoDate refuses a row without a date that it must have.
var errNoDate = errors.New("registrytest: a row without its date")

// undated tells whether a row has no date where it must have one.
func undated(c registry.ReferenceChange) bool {
	unnamed := func(n registry.DatedName) bool { return n.From.IsZero() }
	return slices.ContainsFunc(c.Vaccines, func(v registry.Vaccine) bool {
		return v.AuthorisedOn.IsZero() || v.Doses == 0 || slices.ContainsFunc(v.Names, unnamed)
	}) || slices.ContainsFunc(c.Schedules, func(s registry.Schedule) bool { return s.From.IsZero() }) ||
		slices.ContainsFunc(c.Openings, func(o registry.ProfessionOpening) bool { return o.From.IsZero() }) ||
		slices.ContainsFunc(c.ObjectionLimits, func(l registry.ObjectionLimit) bool { return l.From.IsZero() })
}

// merged returns rows with the news put in: in place of the row of the same key, or at the end.
func merged[T any](rows, news []T, key func(T) any) []T {
	rows = slices.Clone(rows)
	for _, n := range news {
		if i := slices.IndexFunc(rows, func(r T) bool { return key(r) == key(n) }); i >= 0 {
			rows[i] = n
		} else {
			rows = append(rows, n)
		}
	}
	return rows
}
