package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// populate fills the country of a nation. Persons are imported, and the first ten of them declared and vaccinated,
// through the use cases; what these ten have is then given to all others like them by the database itself, which
// takes minutes where the service would take hours. A look through the service at some of them ends it.
func (n *nation) populate(ctx context.Context, l *lab) error {
	rate, err := importPeople(ctx, n.cases, n.persons, population{household: 1, targeted: true})
	if err != nil {
		return err
	}
	l.say("%d persons imported, %.0f a second", n.persons, rate)
	if err := n.declareFirst(ctx); err != nil {
		return err
	}
	began := time.Now()
	if err := n.copyEntries(); err != nil {
		return err
	}
	l.say("%.0f s to give them entries", time.Since(began).Seconds())
	for _, i := range []int{10, 19, n.persons/2 + 7, n.persons - 2} {
		if err := n.compare(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// declareFirst brings the first ten persons to where the country has them: five have both doses, four are eligible.
func (n *nation) declareFirst(ctx context.Context) error {
	later := registry.New(n.kept)
	clock := registrytest.NewClock()
	clock.SetDay(registrytest.SecondDoseDay)
	later.Business = clock.Now
	by := doctors(10)
	for i := range 9 {
		act := registry.Act{By: by[i], Record: targetedID(i), Request: "eligibility"}
		if _, err := n.cases.DeclareEligibility(ctx, act, registrytest.EligibilityRequest()); err != nil {
			return err
		}
		if i >= 5 {
			continue
		}
		act.Step, act.Request = registry.StepFirstDose, "first"
		if _, err := n.cases.RecordDose(ctx, act, registrytest.DoseRequest()); err != nil {
			return err
		}
		act.Step, act.Request = registry.StepSecondDose, "second"
		if _, err := later.RecordDose(ctx, act, registrytest.SecondDoseRequest()); err != nil {
			return err
		}
	}
	return nil
}

// loggedPersons is of how many persons the entries stand in the access log from the beginning: enough that it is not
// almost empty, and few enough that the service soon has numbered and signed them.
const loggedPersons = 100_000

// copyEntries gives each person what the one of the first ten has who has the same last figure: entries, their
// place in the access log, and the version of the record. The rows replaced on the way are then swept out.
func (n *nation) copyEntries() error {
	const (
		// Of a record, the number of the person that targetedID has put in its identifier.
		person = "('x' || right(id, 16))::bit(64)::bigint"
		pairs  = "WITH r AS (SELECT num, id, version, last_change, " + person + " AS person FROM record)," +
			" pairs AS (SELECT o.num, o.id, o.person, m.num AS model, m.id AS model_id, m.version, m.last_change" +
			" FROM r o JOIN r m ON m.person = o.person % 10 WHERE m.person < 10 AND o.person >= 10) "
	)
	ofEntries, err := n.columns("entry", "record_num")
	if err != nil {
		return err
	}
	half := func(side string) string {
		return pairs + "INSERT INTO entry (record_num, " + ofEntries + ") SELECT p.num, " + ofEntries +
			" FROM pairs p JOIN entry t ON t.record_num = p.model WHERE p.person " + side + " " + strconv.Itoa(n.persons/2) + " ORDER BY p.num, t.step"
	}
	columns, err := n.columns("access_log", "record_id", "num", "txid")
	if err != nil {
		return err
	}
	named := "t." + strings.ReplaceAll(columns, ", ", ", t.")
	// Each version would write in every index of the record: they are made anew when all stands.
	drop, make, err := n.indexesOf("record")
	if err != nil {
		return err
	}
	if err := n.atOnce(drop); err != nil {
		return err
	}
	if err := n.atOnce(
		half("<"), half(">="),
		pairs+"INSERT INTO access_log (record_id, "+columns+") SELECT p.id, "+named+" FROM pairs p JOIN access_log t ON t.record_id = p.model_id"+
			" WHERE p.person < "+strconv.Itoa(loggedPersons)+" ORDER BY t.at, p.num",
		pairs+"UPDATE record SET version = p.version, last_change = p.last_change FROM pairs p WHERE p.num = record.num AND p.version > 1",
	); err != nil {
		return err
	}
	for _, s := range []string{"VACUUM FULL record", make, "VACUUM ANALYZE", "CHECKPOINT"} {
		if err := n.atOnce(s); err != nil {
			return err
		}
	}
	return nil
}

// indexesOf returns the statements that drop the indexes of a table, and those that make them again.
func (n *nation) indexesOf(table string) (drop, make string, err error) {
	const from = " FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = '%s'::regclass"
	drop, err = n.cluster.SQL(n.name, fmt.Sprintf("SELECT string_agg(CASE WHEN c.oid IS NULL THEN 'DROP INDEX ' || i.indexrelid::regclass"+
		" ELSE format('ALTER TABLE %%s DROP CONSTRAINT %%I', i.indrelid::regclass, c.conname) END, '; ')"+from, table))
	if err != nil {
		return "", "", err
	}
	make, err = n.cluster.SQL(n.name, fmt.Sprintf("SELECT string_agg(CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)"+
		" ELSE format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) END, '; ')"+from, table))
	return drop, make, err
}

// atOnce has the database do statements beside each other.
func (n *nation) atOnce(statements ...string) error {
	var group errgroup.Group
	for _, s := range statements {
		group.Go(func() error {
			_, err := n.cluster.SQL(n.name, s)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("copying entries: %w", err)
	}
	return nil
}

// columns are those of a table but some.
func (n *nation) columns(table string, but ...string) (string, error) {
	out, err := n.cluster.SQL(n.name, "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '"+table+
		"'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('"+strings.Join(but, "', '")+"')")
	if err == nil && out == "" {
		err = errors.New("a table without columns: " + table)
	}
	return out, err
}

// compare reads a person through the service, who must have what the model has, from the same hands.
func (n *nation) compare(ctx context.Context, i int) error {
	by := doctors(1)[0]
	copied, e1 := n.cases.Read(ctx, by, targetedID(i), registry.ActionRead)
	model, e2 := n.cases.Read(ctx, by, targetedID(i%10), registry.ActionRead)
	if err := errors.Join(e1, e2); err != nil {
		return err
	}
	// What is a person's own.
	copied.ID, copied.Code, copied.Patient = model.ID, model.Code, model.Patient
	if a, b := fmt.Sprintf("%+v", copied), fmt.Sprintf("%+v", model); a != b {
		return errors.New("person " + strconv.Itoa(i) + " has not what the model has")
	}
	return nil
}
