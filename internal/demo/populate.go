package demo

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// populate invents the people and imports them, the cast first.
func (p *population) populate(ctx context.Context) error {
	if err := p.assemble(ctx); err != nil {
		return err
	}
	for i, r := range p.castMembers {
		p.spend(r)
		if p.roles[i].unknown {
			continue
		}
		if err := p.admit(ctx, r); err != nil {
			return err
		}
	}
	for range unknownNumbers {
		born := registry.MustDate("1943-05-14")
		p.country.Unknown = append(p.country.Unknown, p.numbers.give(firstDigit(registry.Female), born.Year, int(born.Month), birthplace{department: "35"}))
	}
	for i := range departments {
		for r := range p.builder(i).residents() {
			if r.targeted = targetedFrom(r, p.options.Today); !r.targeted.IsZero() {
				r.Code = p.codes.give()
			}
			p.candidates.offer(r)
			if err := p.admit(ctx, r); err != nil {
				return err
			}
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	p.country.Digest = hex.EncodeToString(p.digest.Sum(nil))
	return nil
}

// unknownNumbers is how many NIRs are kept for trying the manual entry.
const unknownNumbers = 3

// assemble makes the cast, and refuses a store that holds it already.
func (p *population) assemble(ctx context.Context) error {
	b := &builder{
		chance: newChance(p.options.Seed, streamCast), today: p.options.Today, gazetteer: p.gazetteer, numbers: p.numbers,
	}
	var err error
	if p.castMembers, err = b.summon(p.roles, p.gazetteer, p.glycines, p.codes); err != nil {
		return fmt.Errorf("making the cast of the demo: %w", err)
	}
	first := p.castMembers[0].Patient
	switch _, err := p.setup.Store.FindByKey(ctx, first.Holder, first.BirthDate, first.BirthRank); {
	case err == nil:
		return ErrPopulated
	case !errors.Is(err, registry.ErrNoRecord):
		return fmt.Errorf("looking for an earlier country: %w", err)
	}
	return nil
}

// builder is that of a department, by its index.
func (p *population) builder(i int) *builder {
	b := &builder{
		chance: newChance(p.options.Seed, uint64(i)), today: p.options.Today, gazetteer: p.gazetteer, //nolint:gosec // an index
		numbers: p.numbers, left: p.quotas[i],
	}
	for _, e := range p.set.places[b.left.code] {
		if e.Type == referential.PlaceEHPAD {
			b.careHomes = append(b.careHomes, e)
		}
	}
	return b
}

// spend counts a member of the cast in the quotas, where there is room.
func (p *population) spend(r resident) {
	age, _ := registry.BirthDateOf(r.born).AgeOn(p.options.Today)
	for i := range p.quotas {
		for class, ages := range ageClasses {
			cell := &p.quotas[i].count[sexIndex(r.Patient.Sex)][class]
			if p.quotas[i].code == r.department && age >= ages.from && age <= ages.to && *cell > 0 {
				*cell--
			}
		}
	}
}

// admit adds a person to those to import.
func (p *population) admit(ctx context.Context, r resident) error {
	p.pending = append(p.pending, r.ImportedPerson)
	p.country.Persons++
	if !r.Code.IsZero() {
		p.country.Targeted++
	}
	if len(p.pending) < chunk {
		return nil
	}
	return p.flush(ctx)
}

// flush imports the pending persons as one change.
func (p *population) flush(ctx context.Context) error {
	if len(p.pending) == 0 {
		return nil
	}
	p.part.Reset()
	for _, person := range p.pending {
		write(p.part, person)
	}
	sum := p.part.Sum(nil)
	_, _ = p.digest.Write(sum) // a hash never fails to be written to
	if err := p.setup.ImportPersons(ctx, operator, p.pending, hex.EncodeToString(sum)); err != nil {
		return fmt.Errorf("importing the people of the demo: %w", err)
	}
	p.pending = p.pending[:0]
	return nil
}

// write adds all that is known of a person to a digest.
func write(digest hash.Hash, person registry.ImportedPerson) {
	i, c := person.Patient.Identity, person.Patient.Contact
	_, _ = fmt.Fprintf(digest, "%s;%d;%s;%s;%s;%s;%s;%s;%s;%d;%s;%s;%s;%s\n", // a hash never fails to be written to
		person.ID, uint64(person.Code), person.Patient.Holder.Digits(), person.Patient.Own.Digits(), i.BirthName, i.UsedName,
		i.GivenNames, i.Sex, i.BirthDate.Digits(), i.BirthRank, c.Address, c.Locality.Label(), c.Phone, c.Email)
}
