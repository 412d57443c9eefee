package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"

	"vaccin/internal/registry"
)

// Codes that runs gave stand in the table target, all others with their record. A person has one of one kind at most:
// a run leaves out whoever has a code, and takes back its own of those who got one meanwhile.
const (
	selectTarget   = "SELECT t.code FROM target t WHERE t.record_num = r.num"
	selectTargeted = "SELECT record_num FROM target WHERE code = $1"
	// What a merge ended stands in former_code, by the record that stays: it finds the person, and is drawn for nobody again.
	selectFormer = "SELECT record_num FROM former_code WHERE code = $1"
)

// targeting is a run to carry out.
type targeting struct {
	run     int
	highest int64
	// where adds whom it concerns, of persons p, but not who has a code.
	where func(c *condition)
	space uint64 // how many codes there are
	// end returns the statements that end the run, in the transaction in which its codes come into force.
	end      func(*given) ([]statement, error)
	progress func(done, of int64)
}

// given are those whom a run gave a code, by the numbers of their records: how many, and the digest that the access log keeps. Codes are not in it:
// the digest of a single one would tell it to whoever tries all that there are.
type given struct {
	persons int64
	last    int64
	digest  hash.Hash
}

func newGiven() *given { return &given{digest: sha256.New()} }

// add adds so many persons, whose numbers come in their order, eight bytes each. In another order the digest would agree with none that is worked
// out later, and accuse whoever has the database.
func (g *given) add(persons int64, numbers []byte) error {
	for rest := numbers; len(rest) > 0; rest = rest[8:] {
		number := int64(binary.BigEndian.Uint64(rest)) //nolint:gosec // from 1
		if number <= g.last {
			return fmt.Errorf("record %d came after %d among those a run gave a code", number, g.last)
		}
		g.last = number
	}
	g.persons += persons
	_, _ = g.digest.Write(numbers) // of a hash, it does not fail
	return nil
}

// concerned adds whom a campaign concerns of persons p: whoever the criteria name, is alive, and does not object.
func (c *condition) concerned(campaign registry.Campaign) {
	c.sql.WriteString("p.died = 0 AND NOT p.objects AND ")
	c.criteria(campaign.Criteria, campaign.Opens)
}

const (
	// without adds that a person has no code.
	without = " AND NOT " + hasOwnCode + " AND NOT " + hasTarget
	// uncoded are persons without a code whose numbers lie between the first two arguments. That their codes do too is said so that
	// the database does not go through all codes for a few persons.
	uncoded = "p.record_num > $1 AND p.record_num <= $2" +
		" AND NOT EXISTS (SELECT 1 FROM record r WHERE r.num = p.record_num AND r.code IS NOT NULL AND r.num > $1 AND r.num <= $2)" +
		" AND NOT EXISTS (SELECT 1 FROM target t WHERE t.record_num = p.record_num AND t.record_num > $1 AND t.record_num <= $2) AND "
)

// CountRun implements registry.TargetingStore.
func (s *Store) CountRun(ctx context.Context, number int) error {
	run, err := s.Run(ctx, number)
	if err != nil {
		return err
	}
	counts, err := s.count(ctx, run.Campaign)
	if err != nil {
		return fmt.Errorf("counting the persons of a run: %w", err)
	}
	content, err := json.Marshal(counts)
	if err != nil {
		return fmt.Errorf("writing the counts of a run: %w", err)
	}
	return s.write(ctx, work{alone: true, statements: []statement{
		{sql: keepCounts, args: []any{number, string(content)}, none: []reason{{err: registry.ErrNoRun}}},
	}})
}

// count counts whom a campaign concerns and who has no code.
func (s *Store) count(ctx context.Context, campaign registry.Campaign) ([]registry.RunCount, error) {
	highest, err := s.highestNumber(ctx)
	if err != nil {
		return nil, err
	}
	c := condition{next: 3}
	class := c.ageClass(campaign.Opens)
	c.concerned(campaign)
	sql := "SELECT p.department, p.sex, " + class + ", COUNT(*) FROM patient p WHERE " + uncoded + c.sql.String() + " GROUP BY 1, 2, 3"
	persons := map[registry.RunCount]int{} // by the counts without their number
	err = s.engine.swept(ctx, "count", highest, query{sql: sql, args: c.args, row: func(scan func(...any) error) error {
		var of registry.RunCount
		n := 0
		err := scan(&of.Department, &of.Sex, (*int)(&of.Age), &n)
		persons[of] += n
		return err
	}})
	counts := make([]registry.RunCount, 0, len(persons))
	for of, n := range persons {
		of.Persons = n
		counts = append(counts, of)
	}
	slices.SortFunc(counts, func(a, b registry.RunCount) int {
		return cmp.Or(cmp.Compare(a.Department, b.Department), cmp.Compare(a.Age, b.Age), cmp.Compare(a.Sex, b.Sex))
	})
	return counts, err
}

// ageClass is the place of the age class of p on a day, or -1 where the age cannot be told.
func (c *condition) ageClass(on registry.Date) string {
	var b strings.Builder
	b.WriteString("CASE WHEN p.born_first <> p.born_last THEN -1")
	for i := len(registry.AgeClasses) - 1; i > 0; i-- {
		_, last := registry.Age{AtLeast: registry.AgeClasses[i], On: on}.Births(on)
		b.WriteString(" WHEN p.born_last <= " + strconv.Itoa(dayNumber(last)) + " THEN " + strconv.Itoa(i))
	}
	b.WriteString(" ELSE 0 END")
	return b.String()
}

// CarryOut implements registry.TargetingStore.
func (s *Store) CarryOut(ctx context.Context, number int, event registry.Event, now func() time.Time, progress func(registry.Progress)) error {
	if event.IsZero() {
		return errNoEvent
	}
	begin := func(ctx context.Context) (targeting, error) {
		run, err := s.beginRun(ctx, number, now())
		return s.targetingOf(run, event, now, progress), err
	}
	for {
		run, err := s.Run(ctx, number)
		switch {
		case err != nil:
			return err
		case run.State == registry.RunDone:
			return nil
		case run.State != registry.RunApproved && run.State != registry.RunRunning:
			return registry.ErrNoRun
		}
		// Overtaken it is by who comes or gets a code meanwhile, or by another that ends the run or drops it.
		if err := s.engine.target(ctx, begin, s.write); !errors.Is(err, registry.ErrOvertaken) {
			if err != nil {
				err = fmt.Errorf("carrying out a run: %w", err)
			}
			return err
		}
	}
}

// beginRun begins a run, or goes on with one that was stopped. One that is over by now is ErrOvertaken.
func (s *Store) beginRun(ctx context.Context, number int, at time.Time) (registry.Run, error) {
	start := statement{sql: startRun, args: []any{number, at.UnixMicro()}, none: []reason{{err: registry.ErrNoRun}}}
	if err := s.write(ctx, work{alone: true, statements: []statement{start}}); err != nil && !errors.Is(err, registry.ErrNoRun) {
		return registry.Run{}, fmt.Errorf("beginning a run: %w", err)
	}
	run, err := s.Run(ctx, number)
	if err == nil && run.State != registry.RunRunning {
		err = registry.ErrOvertaken
	}
	return run, err
}

// targetingOf is what an engine needs to carry a run out.
func (s *Store) targetingOf(run registry.Run, event registry.Event, now func() time.Time, progress func(registry.Progress)) targeting {
	return targeting{
		run: run.Number, highest: run.Progress.Of, space: s.codeSpace,
		where: func(c *condition) { c.concerned(run.Campaign) },
		end: func(g *given) ([]statement, error) {
			event := event.Covering(hex.EncodeToString(g.digest.Sum(nil)))
			event.At, event.Count = now(), int(g.persons)
			logged, err := logAlways(event)
			return []statement{
				{sql: endRun, args: []any{run.Number, event.At.UnixMicro(), g.persons}, none: []reason{{err: registry.ErrOvertaken}}}, logged,
			}, err
		},
		progress: func(done, of int64) { progress(registry.Progress{Done: done, Of: of}) },
	}
}
