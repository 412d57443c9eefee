package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

// What a first import does once all rows are there. Each step may be done again.

const (
	// Of each suspect the earliest row of the same natural key, and of the same NIR of their own. The number of a record is
	// that of its line.
	selectPairs = "SELECT s.num, MIN(e.num), 0 FROM population_suspect s JOIN record e ON e.holder_key = s.holder_key AND e.birth_date = s.birth_date" +
		" AND e.birth_rank = s.birth_rank AND e.num < s.num GROUP BY s.num UNION ALL" +
		" SELECT s.num, MIN(e.num), CASE WHEN e.birth_date = s.birth_date THEN 1 ELSE 2 END FROM population_suspect s" +
		" JOIN record e ON e.own_key = s.own_key AND e.num < s.num GROUP BY 1, 3 ORDER BY 1, 3"
	pairNatural, pairOwn, pairDoubtful = 0, 1, 2

	makeGone       = "CREATE TEMP TABLE IF NOT EXISTS population_gone (num BIGINT NOT NULL) ON COMMIT DELETE ROWS"
	dropGone       = "DELETE FROM %s USING population_gone g WHERE g.num = %s.%s"
	setIndexes     = "UPDATE population_import SET state = '" + importIndexes + "' WHERE number = $1"
	hasIndex       = "SELECT to_regclass($1) IS NOT NULL"
	hasConstraint  = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2)"
	sortInMemory   = "SET work_mem = '128MB'; SET hash_mem_multiplier = 2"
	indexInMemory  = "SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 0"
	analyzePersons = "ANALYZE record, patient"
	numberOn       = "SELECT setval(pg_get_serial_sequence('record', 'num'), GREATEST($1, 1))"
	grantWriting   = "GRANT %s ON %s TO " + serviceRole
)

// pair is a row and the earliest that it has something in common with.
type pair struct {
	num, earliest int64
	kind          int
}

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
			var err error
			if more, err = s.dropRound(t, p); err != nil {
				return err
			}
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

// dropRound takes out what is sure to be a duplicate, and tells whether anything is left to be looked at.
func (s *postgresImport) dropRound(t postgresTx, p *populationImport) (more bool, err error) {
	var pairs []pair
	if err := t.query(into(&pairs, func(p *pair) []any { return []any{&p.num, &p.earliest, &p.kind} }, selectPairs)); err != nil {
		return false, err
	}
	gone, later := map[int64]bool{}, map[int64]bool{}
	var nums, duplicates, doubts [][]any
	now := time.Now().UnixMicro()
	for _, d := range pairs {
		switch {
		case gone[d.num], later[d.num]:
		case gone[d.earliest]:
			later[d.num], more = true, true
		case d.kind == pairDoubtful:
			doubts = append(doubts, []any{d.num, d.earliest, string(registry.DoubtOwn), now})
		default:
			gone[d.num] = true
			nums = append(nums, []any{d.num})
			duplicates = append(duplicates, []any{p.number, d.num, d.earliest, d.kind == pairOwn})
		}
	}
	if !more { // those of an earlier round would be found again
		if err := t.fill("doubtful_match", "record_num, other_num, reason, at", doubts); err != nil {
			return false, err
		}
	}
	if len(nums) == 0 {
		return false, nil
	}
	if err := t.fill("population_gone", "num", nums); err != nil {
		return false, err
	}
	for table, column := range map[string]string{"record": "num", "patient": "record_num", "population_suspect": "num"} {
		if _, err := t.exec(fmt.Sprintf(dropGone, table, table, column)); err != nil {
			return false, err
		}
	}
	if _, err := t.exec("TRUNCATE population_gone"); err != nil {
		return false, err
	}
	return more, t.fill("population_duplicate", "import, line, of_line, own", duplicates)
}

// finishLoad makes the indexes again, on two connections, and opens the database to the service.
func (s *postgresImport) finishLoad(ctx context.Context, p *populationImport) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan madeIndex, len(madeIndexes))
	for _, i := range madeIndexes {
		todo <- i
	}
	close(todo)
	ended := make(chan error, loadWriters)
	for range loadWriters {
		go func() { ended <- s.makeIndexes(ctx, todo) }()
	}
	var err error
	for range loadWriters {
		if e := <-ended; e != nil && err == nil {
			err = e
			cancel(e)
		}
	}
	if err != nil {
		return fmt.Errorf("making the indexes: %w", err)
	}
	if err := s.constrain(ctx); err != nil {
		return fmt.Errorf("making the constraints: %w", err)
	}
	if _, err := s.conn.Exec(ctx, analyzePersons); err != nil {
		return fmt.Errorf("having the database look at what was imported: %w", err)
	}
	return pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return s.open(postgresTx{ctx, tx}, p) })
}

// makeIndexes makes the indexes that are left to make, on a connection of its own.
func (s *postgresImport) makeIndexes(ctx context.Context, todo <-chan madeIndex) error {
	conn, err := s.engine.bulkWatched(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, indexInMemory); err != nil {
		return err
	}
	for i := range todo {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := makeIndex(ctx, conn, i); err != nil {
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
