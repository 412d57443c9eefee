package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// batch is persons to import as one change, with their digest.
type batch struct {
	persons []registry.ImportedPerson
	digest  string
}

// populate invents the people while the store writes those before.
func (p *population) populate(ctx context.Context) error {
	if err := p.assemble(); err != nil {
		return err
	}
	if err := p.refuseTwice(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches, imported := make(chan batch), make(chan error, 1)
	go func() {
		var err error
		for b := range batches {
			if err = p.setup.ImportPersons(ctx, operator, b.persons, b.digest); err != nil {
				cancel(err) // so that no more are invented
				break
			}
		}
		imported <- err
	}()
	p.invent(func(b batch) bool {
		select {
		case batches <- b:
			return true
		case <-ctx.Done():
			return false
		}
	})
	close(batches)
	if err := <-imported; err != nil {
		return fmt.Errorf("importing the people of the demo: %w", err)
	}
	p.country.Digest = hex.EncodeToString(p.digest.Sum(nil))
	return context.Cause(ctx)
}

// invent makes everyone, the cast first, and hands them over by batches until deliver says no.
func (p *population) invent(deliver func(batch) bool) {
	for i, r := range p.castMembers {
		p.spend(r)
		if !p.roles[i].unknown && !p.admit(r, deliver) {
			return
		}
	}
	for range unknownNumbers {
		number := p.numbers.give(firstDigit(registry.Female), 1943, 5, birthplace{department: "35"})
		p.country.Unknown = append(p.country.Unknown, number)
	}
	for i := range departments {
		for r := range p.builder(i).residents() {
			if r.targeted = targetedFrom(r, p.options.Today); !r.targeted.IsZero() {
				r.Code = p.codes.give()
			}
			p.candidates.offer(r)
			if !p.admit(r, deliver) {
				return
			}
		}
	}
	p.flush(deliver)
}

// unknownNumbers is how many NIRs are kept for trying the manual entry.
const unknownNumbers = 3

// assemble makes the cast.
func (p *population) assemble() error {
	b := &builder{
		chance: newChance(p.options.Seed, streamCast), today: p.options.Today, gazetteer: p.gazetteer, numbers: p.numbers,
	}
	var err error
	if p.castMembers, err = b.summon(p.roles, p.gazetteer, p.glycines, p.codes); err != nil {
		return fmt.Errorf("making the cast of the demo: %w", err)
	}
	return nil
}

// refuseTwice tells a store that holds the cast already.
func (p *population) refuseTwice(ctx context.Context) error {
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

// spend counts a member of the cast in the quotas: in their own department where there is room, and
// else where there is most, so that the country has the size asked for.
func (p *population) spend(r resident) {
	age, _ := registry.BirthDateOf(r.born).AgeOn(p.options.Today)
	class := classOf(age)
	var room *int
	for i := range p.quotas {
		cell := &p.quotas[i].count[sexIndex(r.Patient.Sex)][class]
		if p.quotas[i].code == r.department && *cell > 0 {
			room = cell
			break
		}
		if room == nil || *cell > *room {
			room = cell
		}
	}
	*room = max(0, *room-1)
}

// admit adds a person to those to import.
func (p *population) admit(r resident, deliver func(batch) bool) bool {
	p.pending = append(p.pending, r.ImportedPerson)
	p.country.Persons++
	if !r.Code.IsZero() {
		p.country.Targeted++
	}
	return len(p.pending) < chunk || p.flush(deliver)
}

// flush hands the pending persons over as one batch.
func (p *population) flush(deliver func(batch) bool) bool {
	if len(p.pending) == 0 {
		return true
	}
	part := sha256.New()
	for _, person := range p.pending {
		write(part, person)
	}
	sum := part.Sum(nil)
	_, _ = p.digest.Write(sum) // a hash never fails to be written to
	b := batch{p.pending, hex.EncodeToString(sum)}
	p.pending = make([]registry.ImportedPerson, 0, chunk)
	return deliver(b)
}

// write adds all that is known of a person to a digest.
func write(digest hash.Hash, person registry.ImportedPerson) {
	i, c := person.Patient.Identity, person.Patient.Contact
	_, _ = fmt.Fprintf(digest, "%s;%d;%s;%s;%s;%s;%s;%s;%s;%d;%s;%s;%s;%s\n", // a hash never fails to be written to
		person.ID, uint64(person.Code), person.Patient.Holder.Digits(), person.Patient.Own.Digits(), i.BirthName, i.UsedName,
		i.GivenNames, i.Sex, i.BirthDate.Digits(), i.BirthRank, c.Address, c.Locality.Label(), c.Phone, c.Email)
}
