package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"vaccin/internal/registry"
)

// What a first import does once all rows are there. Each step may be done again.

const (
	pairOwn, pairDoubtful = 1, 2 // and 0 for the natural key

	makePairs     = "CREATE TEMP TABLE population_pair ON COMMIT DROP AS "
	openPairs     = "DECLARE pairs NO SCROLL CURSOR FOR SELECT num, earliest, kind FROM population_pair ORDER BY num, kind"
	forgetDoubts  = "DELETE FROM doubtful_match WHERE record_num > $1"
	makeGone      = "CREATE TEMP TABLE IF NOT EXISTS population_gone (num BIGINT NOT NULL) ON COMMIT DELETE ROWS"
	setIndexes    = "UPDATE population_import SET state = '" + importIndexes + "' WHERE number = $1"
	hasIndex      = "SELECT to_regclass($1) IS NOT NULL"
	hasConstraint = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2)"
	numberOn      = "SELECT setval(pg_get_serial_sequence('record', 'num'), GREATEST((" + lastNumber + "), 1))"
	grantWriting  = "GRANT %s ON %s TO " + serviceRole
)

// selectPairs finds of each suspect the earliest row of the same natural key, and of the same NIR of their own. An earlier
// row may be a suspect, too; a later one always is.
var selectPairs = "SELECT num, MIN(earliest) AS earliest, kind FROM (" + strings.Join([]string{
	pairsWith("record"), pairsWith("population_aside_record"),
}, " UNION ALL ") + ") pair GROUP BY num, kind"

func pairsWith(table string) string {
	sql := "SELECT s.num, e.num AS earliest, 0 AS kind FROM population_aside_record s JOIN " + table + " e ON e.holder_key = s.holder_key" +
		" AND e.birth_date = s.birth_date AND e.birth_rank = s.birth_rank AND e.num < s.num"
	for _, own := range ownConditions("e", " = s.own_key") {
		sql += " UNION ALL SELECT s.num, e.num, CASE WHEN e.birth_date = s.birth_date THEN 1 ELSE 2 END FROM population_aside_record s" +
			" JOIN " + table + " e ON " + own + " AND e.num < s.num"
	}
	return sql
}

// pair is a row and the earliest that it has something in common with.
type pair struct {
	num, earliest int64
	kind          int
}

// pairsAtOnce is how many pairs are in memory.
const pairsAtOnce = 10_000

var (
	fetchPairs = "FETCH " + strconv.Itoa(pairsAtOnce) + " FROM pairs"
	dropGone   = []string{
		"DELETE FROM population_aside_record s USING population_gone g WHERE g.num = s.num",
		"DELETE FROM population_aside_patient s USING population_gone g WHERE g.num = s.record_num",
		"TRUNCATE population_gone",
	}
	// settleSuspects puts among the others those who are no duplicates.
	settleSuspects = []string{
		"INSERT INTO record (" + loadedRecord + ") SELECT " + loadedRecord + " FROM population_aside_record",
		"INSERT INTO patient (" + loadedPatient + ") SELECT " + loadedPatient + " FROM population_aside_patient",
		"DROP TABLE population_aside_record, population_aside_patient",
	}
)

// settle takes out the rows of persons whom an earlier row is, and keeps the doubtful matches. What comes to its end with that does so in the
// same transaction.
func (s *postgresImport) settle(ctx context.Context, p *populationImport, end func(t postgresTx) error) error {
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		t := postgresTx{ctx, tx}
		for _, sql := range []string{makeGone, "ANALYZE population_aside_record"} {
			if _, err := t.exec(sql); err != nil {
				return err
			}
		}
		// What an earlier row that is gone itself kept out is looked at again.
		for more := true; more; {
			d := &duplicateRound{number: p.number, base: p.base, now: time.Now().UnixMicro()}
			if err := d.drop(t); err != nil {
				return err
			}
			more = len(d.waiting) > 0
		}
		for _, sql := range settleSuspects {
			if _, err := t.exec(sql); err != nil {
				return err
			}
		}
		return end(t)
	})
	if err != nil {
		return fmt.Errorf("taking out duplicates: %w", unavailable(err))
	}
	return nil
}

// duplicateRound takes out what is sure to be a duplicate.
type duplicateRound struct {
	number int
	base   int64
	now    int64

	gone                     []int64 // in their order, as those
	waiting                  []int64 // of which the earlier row is gone, or waits itself: they are looked at again
	nums, duplicates, doubts [][]any // of the pairs in memory
}

func (d *duplicateRound) drop(t postgresTx) error {
	// Those that an earlier round found in doubt are found again.
	if _, err := t.exec(forgetDoubts, d.base); err != nil {
		return err
	}
	for _, sql := range []string{makePairs + selectPairs, openPairs} {
		if _, err := t.exec(sql); err != nil {
			return err
		}
	}
	for {
		var pairs []pair
		if err := t.query(into(&pairs, func(p *pair) []any { return []any{&p.num, &p.earliest, &p.kind} }, fetchPairs)); err != nil {
			return err
		}
		if len(pairs) == 0 {
			break
		}
		d.judge(pairs)
		for _, to := range []struct {
			table, columns string
			rows           [][]any
		}{
			{"population_gone", "num", d.nums},
			{"population_duplicate", "import, line, of_line, own", d.duplicates},
			{"doubtful_match", "record_num, other_num, reason, at", d.doubts},
		} {
			if err := t.fill(to.table, to.columns, to.rows); err != nil {
				return err
			}
		}
	}
	statements := []string{"CLOSE pairs", "DROP TABLE population_pair"}
	if len(d.gone) > 0 {
		statements = append(statements, dropGone...)
	}
	for _, sql := range statements {
		if _, err := t.exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// judge tells what becomes of the rows of some pairs, which come in the order of the file.
func (d *duplicateRound) judge(pairs []pair) {
	d.nums, d.duplicates, d.doubts = d.nums[:0], d.duplicates[:0], d.doubts[:0]
	for _, p := range pairs {
		switch {
		case isLast(d.gone, p.num), isLast(d.waiting, p.num):
		case listed(d.gone, p.earliest), listed(d.waiting, p.earliest):
			d.waiting = append(d.waiting, p.num)
		case p.kind == pairDoubtful:
			d.doubts = append(d.doubts, []any{p.num, p.earliest, string(registry.DoubtOwn), d.now})
		default:
			d.gone = append(d.gone, p.num)
			d.nums = append(d.nums, []any{p.num})
			d.duplicates = append(d.duplicates, []any{d.number, p.num - d.base, p.earliest - d.base, p.kind == pairOwn})
		}
	}
}

func isLast(nums []int64, num int64) bool { return len(nums) > 0 && nums[len(nums)-1] == num }

func listed(ordered []int64, num int64) bool {
	_, found := slices.BinarySearch(ordered, num)
	return found
}

// indexes makes the indexes again, and knows the tables.
func (l *populationLoad) indexes(ctx context.Context) error {
	steps := endSteps()
	group, groupCtx := errgroup.WithContext(ctx)
	for _, conn := range l.conns {
		group.Go(func() error { return takeSteps(groupCtx, conn, steps) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("making the indexes: %w", err)
	}
	if err := constrain(ctx, l.conns[0]); err != nil {
		return fmt.Errorf("making the constraints: %w", unavailable(err))
	}
	return nil
}

// endStep is a step of the end of a load, to be taken on any connection.
type endStep func(ctx context.Context, conn *pgx.Conn) error

// endSteps are the tables to analyse, beside each other, and then the indexes to make, each once its table is known: a table cannot be analysed while
// an index of it is made, and who waits to analyse it keeps those waiting who would make another.
func endSteps() <-chan endStep {
	tables := []string{"record", "patient"}
	steps, known := make(chan endStep, len(tables)+len(madeIndexes)), map[string]chan struct{}{}
	defer close(steps)
	for _, table := range tables {
		known[table] = make(chan struct{})
		steps <- analyse(table, known[table])
	}
	for _, i := range madeIndexes {
		steps <- func(ctx context.Context, conn *pgx.Conn) error {
			select {
			case <-known[i.table]:
				return makeIndex(ctx, conn, i)
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return steps
}

// analyse has the planner know a table well enough to use its indexes, by fewer rows than usual (loadSettings).
func analyse(table string, known chan<- struct{}) endStep {
	return func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "ANALYZE "+table)
		if err == nil {
			close(known)
		}
		return err
	}
}

// takeSteps takes the steps that are left.
func takeSteps(ctx context.Context, conn *pgx.Conn, steps <-chan endStep) error {
	for take := range steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := take(ctx, conn); err != nil {
			if ctx.Err() != nil { // what was cut short fails in its own ways
				return context.Cause(ctx)
			}
			return unavailable(err)
		}
	}
	return nil
}

// makeIndex makes an index, unless it is there. Who was killed may have been making it, and have it made meanwhile.
func makeIndex(ctx context.Context, conn *pgx.Conn, i madeIndex) error {
	unique := ""
	if i.unique {
		unique = "UNIQUE "
	}
	var failed error
	for range 2 {
		there := false
		if err := conn.QueryRow(ctx, hasIndex, i.name).Scan(&there); err != nil || there {
			return err
		}
		if _, failed = conn.Exec(ctx, "CREATE "+unique+"INDEX "+i.name+" ON "+i.table+" "+i.on); failed == nil {
			return nil
		}
	}
	return failed
}

// constrain makes constraints of the indexes that stood for some.
func constrain(ctx context.Context, conn *pgx.Conn) error {
	for _, i := range madeIndexes {
		there := false
		if err := conn.QueryRow(ctx, hasConstraint, i.table, i.name).Scan(&there); err != nil {
			return err
		}
		if there || i.constraint == "" {
			continue
		}
		sql := "ALTER TABLE " + i.table + " ADD CONSTRAINT " + i.name + " " + i.constraint + " USING INDEX " + i.name
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// open has new records get numbers after all that were given, and lets the service write again.
func (t postgresTx) open() error {
	for _, sql := range []string{lookAfter, forgetBefore, numberOn} {
		if _, err := t.exec(sql); err != nil {
			return err
		}
	}
	if err := t.forgetSeen(); err != nil {
		return err
	}
	there := false
	if err := t.query(query{sql: hasServiceRole, row: func(scan func(...any) error) error { return scan(&there) }}); err != nil {
		return err
	}
	for _, table := range []string{"record", "patient"} {
		if !there {
			break
		}
		if _, err := t.exec(fmt.Sprintf(grantWriting, grants[table], table)); err != nil {
			return err
		}
	}
	return nil
}
