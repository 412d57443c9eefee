package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"vaccin/internal/registry"
)

// What a first import does once all rows are there. Each step may be done again.

const (
	// Of each suspect the earliest row of the same natural key, and of the same NIR of their own. The number of a record is
	// that of its line.
	selectPairs = "SELECT s.num, MIN(e.num) AS earliest, 0 AS kind FROM population_suspect s JOIN record e ON e.holder_key = s.holder_key AND e.birth_date = s.birth_date" +
		" AND e.birth_rank = s.birth_rank AND e.num < s.num GROUP BY s.num UNION ALL" +
		" SELECT s.num, MIN(e.num), CASE WHEN e.birth_date = s.birth_date THEN 1 ELSE 2 END FROM population_suspect s" +
		" JOIN record e ON e.own_key = s.own_key AND e.num < s.num GROUP BY 1, 3"
	pairOwn, pairDoubtful = 1, 2 // and 0 for the natural key

	// A cursor would have one process find them.
	makePairs     = "CREATE TEMP TABLE population_pair ON COMMIT DROP AS " + selectPairs
	openPairs     = "DECLARE pairs NO SCROLL CURSOR FOR SELECT num, earliest, kind FROM population_pair ORDER BY num, kind"
	makeGone      = "CREATE TEMP TABLE IF NOT EXISTS population_gone (num BIGINT NOT NULL) ON COMMIT DELETE ROWS"
	setIndexes    = "UPDATE population_import SET state = '" + importIndexes + "' WHERE number = $1"
	hasIndex      = "SELECT to_regclass($1) IS NOT NULL"
	hasConstraint = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2)"
	// There are few suspects: they are hashed, and the records pass by. The planner, who knows nothing of either table yet,
	// would sort all records instead.
	sortInMemory  = "SET work_mem = '128MB'; SET hash_mem_multiplier = 2; SET enable_mergejoin = off; SET jit = off"
	indexInMemory = "SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 0; SET lock_timeout = 0"
	numberOn      = "SELECT setval(pg_get_serial_sequence('record', 'num'), GREATEST($1, 1))"
	grantWriting  = "GRANT %s ON %s TO " + serviceRole
)

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
		"DELETE FROM record USING population_gone g WHERE g.num = record.num",
		"DELETE FROM patient USING population_gone g WHERE g.num = patient.record_num",
		"DELETE FROM population_suspect s USING population_gone g WHERE g.num = s.num",
		"TRUNCATE population_gone",
	}
)

// dropDuplicates takes out of the tables the rows of persons whom an earlier row is, and keeps the doubtful matches.
func (s *postgresImport) dropDuplicates(ctx context.Context, p *populationImport) error {
	if _, err := s.conn.Exec(ctx, sortInMemory); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		t := postgresTx{ctx, tx}
		if _, err := t.exec(makeGone); err != nil {
			return err
		}
		// What an earlier row that is gone itself kept out is looked at again.
		for more := true; more; {
			d := &duplicateRound{number: p.number, now: time.Now().UnixMicro()}
			if err := d.drop(t); err != nil {
				return err
			}
			more = d.more
		}
		_, err := t.exec(setIndexes, p.number)
		return err
	})
	if err != nil {
		return fmt.Errorf("taking out duplicates: %w", err)
	}
	p.state = importIndexes
	return nil
}

// duplicateRound takes out what is sure to be a duplicate.
type duplicateRound struct {
	number int
	now    int64

	gone                     []int64 // in their order
	waits                    int64   // the last that is looked at again
	more                     bool    // one is
	nums, duplicates, doubts [][]any // of the pairs in memory
}

func (d *duplicateRound) drop(t postgresTx) error {
	// Those that an earlier round found in doubt are found again: there was no other, for there was no person.
	for _, sql := range []string{"TRUNCATE doubtful_match", makePairs, openPairs} {
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
		_, earlierGone := slices.BinarySearch(d.gone, p.earliest)
		switch {
		case len(d.gone) > 0 && d.gone[len(d.gone)-1] == p.num, d.waits == p.num:
		case earlierGone:
			d.waits, d.more = p.num, true
		case p.kind == pairDoubtful:
			d.doubts = append(d.doubts, []any{p.num, p.earliest, string(registry.DoubtOwn), d.now})
		default:
			d.gone = append(d.gone, p.num)
			d.nums = append(d.nums, []any{p.num})
			d.duplicates = append(d.duplicates, []any{d.number, p.num, p.earliest, p.kind == pairOwn})
		}
	}
}

// finishLoad makes the indexes again, on two connections, and opens the database to the service.
func (s *postgresImport) finishLoad(ctx context.Context, p *populationImport) error {
	steps := endSteps()
	group, groupCtx := errgroup.WithContext(ctx)
	for range loadWriters {
		group.Go(func() error { return s.takeSteps(groupCtx, steps) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("making the indexes: %w", err)
	}
	if err := s.constrain(ctx); err != nil {
		return fmt.Errorf("making the constraints: %w", err)
	}
	return pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return s.open(postgresTx{ctx, tx}, p) })
}

// endStep is a step of the end of a load, to be taken on any connection.
type endStep func(ctx context.Context, conn *pgx.Conn) error

// endSteps are the indexes to make and the tables to analyse. A table cannot be analysed while an index of it is made: one
// is at the beginning, the other when its only index is long made.
func endSteps() <-chan endStep {
	steps := make(chan endStep, len(madeIndexes)+2)
	defer close(steps)
	steps <- analyse("record")
	for _, i := range madeIndexes {
		steps <- func(ctx context.Context, conn *pgx.Conn) error { return makeIndex(ctx, conn, i) }
	}
	steps <- analyse("patient")
	return steps
}

func analyse(table string) endStep {
	return func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "ANALYZE "+table)
		return err
	}
}

// takeSteps takes the steps that are left, on a connection of its own.
func (s *postgresImport) takeSteps(ctx context.Context, steps <-chan endStep) error {
	conn, err := s.engine.bulkWatched(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, indexInMemory); err != nil {
		return err
	}
	for take := range steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := take(ctx, conn); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// makeIndex makes an index, unless it is there. Who was killed may have been making it, and have it made meanwhile.
func makeIndex(ctx context.Context, conn *pgx.Conn, i madeIndex) error {
	unique := ""
	if i.constraint != "" {
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
func (s *postgresImport) constrain(ctx context.Context) error {
	for _, i := range madeIndexes {
		there := false
		if err := s.conn.QueryRow(ctx, hasConstraint, i.table, i.name).Scan(&there); err != nil {
			return err
		}
		if there || i.constraint == "" {
			continue
		}
		sql := "ALTER TABLE " + i.table + " ADD CONSTRAINT " + i.name + " " + i.constraint + " USING INDEX " + i.name
		if _, err := s.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// open says that the import is finished, and lets the service write again.
func (s *postgresImport) open(t postgresTx, p *populationImport) error {
	if _, err := t.exec(numberOn, p.file.Lines); err != nil {
		return err
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
	_, err := t.exec(finishImport, p.number, time.Now().UnixMicro())
	return err
}
