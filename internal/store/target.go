package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
)

// targeting is a run to carry out.
type targeting struct {
	run     int
	highest int64
	// where adds whom it concerns, of persons p, but not who has a code.
	where func(c *condition)
	space uint64 // how many codes there are
	// end returns the statements that end the run of so many, in the transaction in which its codes come into force.
	end      func(targeted int64) ([]statement, error)
	progress func(done, of int64)
}

// concerned adds whom a campaign concerns of persons p: whoever the criteria name, is alive, and does not object.
func (c *condition) concerned(campaign registry.Campaign) {
	c.sql.WriteString("p.died = 0 AND NOT p.objects AND ")
	c.criteria(campaign.Criteria, campaign.Opens)
}

// without adds that a person has no code.
const without = " AND NOT " + hasOwnCode + " AND NOT " + hasTarget

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
	c := condition{next: 1}
	class := c.ageClass(campaign.Opens)
	c.concerned(campaign)
	var counts []registry.RunCount
	sql := "SELECT p.department, p.sex, " + class + ", COUNT(*) FROM patient p WHERE " + c.sql.String() + without + " GROUP BY 1, 2, 3 ORDER BY 1, 3, 2"
	err := s.engine.long(ctx, into(&counts, func(r *registry.RunCount) []any {
		return []any{&r.Department, &r.Sex, (*int)(&r.Age), &r.Persons}
	}, sql, c.args...))
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
func (s *Store) CarryOut(ctx context.Context, number int, event registry.Event, progress func(registry.Progress)) error {
	if event.IsZero() {
		return errNoEvent
	}
	begin := statement{sql: startRun, args: []any{number, event.At.UnixMicro()}, none: []reason{{err: registry.ErrNoRun}}}
	if err := s.write(ctx, work{alone: true, statements: []statement{begin}}); err != nil && !errors.Is(err, registry.ErrNoRun) {
		return fmt.Errorf("beginning a run: %w", err)
	}
	for {
		run, err := s.Run(ctx, number)
		switch {
		case err != nil:
			return err
		case run.State == registry.RunDone:
			return nil
		case run.State != registry.RunRunning:
			return registry.ErrNoRun
		}
		// Overtaken it is by who comes or gets a code meanwhile, or by another server that ends the run.
		if err := s.engine.target(ctx, s.targetingOf(run, event, progress), s.write); !errors.Is(err, registry.ErrOvertaken) {
			if err != nil {
				err = fmt.Errorf("carrying out a run: %w", err)
			}
			return err
		}
	}
}

// targetingOf is what an engine needs to carry a run out.
func (s *Store) targetingOf(run registry.Run, event registry.Event, progress func(registry.Progress)) targeting {
	return targeting{
		run: run.Number, highest: run.Progress.Of, space: s.codeSpace,
		where: func(c *condition) { c.concerned(run.Campaign) },
		end: func(targeted int64) ([]statement, error) {
			event.Count = int(targeted)
			logged, err := logAlways(event)
			return []statement{
				{sql: endRun, args: []any{run.Number, time.Now().UnixMicro(), targeted}, none: []reason{{err: registry.ErrOvertaken}}}, logged,
			}, err
		},
		progress: func(done, of int64) { progress(registry.Progress{Done: done, Of: of}) },
	}
}
