package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

// The first import of a population, into a database without persons, or with few (postgres_loadbeside.go): rows go straight into their tables, which have no
// index and no unique constraint meanwhile, as bytes that PostgreSQL takes as they are. The number of a record is that
// of its line, counted from the last before. Nobody may serve. Who may be a duplicate is put aside, and joins the others once the indexes, which are
// made of those alone who are sure to be none, have told who is one.

// ErrLoading is a database of which the first import of the population is not finished.
var ErrLoading = errors.New("store: the first import of the population is not finished")

// madeIndex is an index that a first import takes away and makes again.
type madeIndex struct {
	table, name, on string
	unique          bool
	constraint      string // that it stands for
}

// madeIndexes are those in the order in which they are made again (endSteps): the long one first, which takes as long as the others
// together, and beside it those of the same table, which is read once for two where it is larger than the memory. record_drawn stays while rows come, for
// none of them belongs there: to see that of each costs an eighth of reading the table for it afterwards.
var madeIndexes = []madeIndex{
	{table: "record", name: "record_holder_key_birth_date_birth_rank_key", on: "(holder_key, birth_date, birth_rank)", unique: true, constraint: "UNIQUE"},
	{table: "record", name: "record_own", on: "(own_key) WHERE own_key <> holder_key"},
	{table: "record", name: "record_pkey", on: "(num)", unique: true, constraint: "PRIMARY KEY"},
	{table: "patient", name: "patient_pkey", on: "(record_num)", unique: true, constraint: "PRIMARY KEY"},
}

const (
	isLoading = "SELECT EXISTS (" + probeLoading + ")"
	// What is lost with the server is lost from some moment on, and done again.
	loadSettings = "SET synchronous_commit = off; SET maintenance_work_mem = '32MB'; SET max_parallel_maintenance_workers = 0;" +
		" SET lock_timeout = 0; SET default_statistics_target = 20"
	// Whoever opens the database asks, once connected, whether it is closed (checkLoaded): a load has seen them, or they wait for it and are refused.
	lockOut = "LOCK TABLE record, patient, population_import IN ACCESS EXCLUSIVE MODE"
	// Nobody sweeps or analyses tables that grow.
	leaveAlone = "ALTER TABLE record SET (autovacuum_enabled = off); ALTER TABLE patient SET (autovacuum_enabled = off)"
	lookAfter  = "ALTER TABLE record RESET (autovacuum_enabled); ALTER TABLE patient RESET (autovacuum_enabled)"
	// A service that runs in spite of what its operator was told meets its want of rights.
	revokeWriting = "REVOKE INSERT, UPDATE ON record, patient FROM " + serviceRole

	// Suspects wait in tables of the same kind.
	makeAside = "CREATE TABLE population_aside_record (LIKE record INCLUDING DEFAULTS); CREATE TABLE population_aside_patient (LIKE patient INCLUDING DEFAULTS)"

	loadedRecord  = "num, id, version, last_change, holder_key, birth_date, birth_rank, blind_key, own_key"
	loadedPatient = "record_num, conditions, comorbidities, born_first, born_last, died, residence, occupation, workplace, manual," +
		" sex, postal_code, commune_code, department, establishment, scheme, sealed, told"
)

func (t postgresTx) prepareLoad() (base int64, err error) {
	if _, err := t.exec(lockOut); err != nil {
		return 0, err
	}
	persons, err := exists(t, selectAnyRecord)
	if err == nil && persons {
		used := false
		if used, err = t.used(); used {
			err = errEntered
		}
	}
	if err != nil {
		return 0, err
	}
	if persons {
		if base, err = t.remember(); err != nil {
			return 0, err
		}
	}
	return base, t.takeIndexesAway()
}

func (t postgresTx) takeIndexesAway() error {
	for _, i := range madeIndexes {
		sql := "ALTER TABLE " + i.table + " DROP CONSTRAINT " + i.name
		if i.constraint == "" {
			sql = "DROP INDEX " + i.name
		}
		if _, err := t.exec(sql); err != nil {
			return fmt.Errorf("taking an index away: %w", err)
		}
	}
	for _, sql := range []string{makeAside, leaveAlone} {
		if _, err := t.exec(sql); err != nil {
			return fmt.Errorf("preparing the tables: %w", err)
		}
	}
	there := false
	err := t.query(query{sql: hasServiceRole, row: func(scan func(...any) error) error { return scan(&there) }})
	if err == nil && there {
		_, err = t.exec(revokeWriting)
	}
	return err
}

// loadWriters is how many connections fill the tables, and make their indexes: one a processor, but enough that one works while
// another waits, and no more than the database has use for. One more would keep back the long index, for which all wait in the end.
var loadWriters = min(max(2, runtime.GOMAXPROCS(0)), 4)

// loadedPart is a part on its way.
type loadedPart struct {
	registry.PopulationPart
	ids  string
	turn int // among all parts
}

// load implements importSession.
func (s *postgresImport) load(ctx context.Context, p *populationImport) error {
	l := &populationLoad{populationImport: p, met: newMetKeys(p.file.Lines), left: map[int][]int{}}
	if p.base > 0 {
		var err error
		if l.met.before, err = s.numbersBefore(ctx, p.keys); err != nil {
			return err
		}
	}
	defer l.disconnect(ctx)
	if err := l.connect(ctx, s.engine); err != nil {
		return err
	}
	if p.state == importRows || p.base > 0 { // which rows are left to merge the file alone tells
		if err := l.rows(ctx); err != nil {
			return err
		}
	}
	if p.state == importRows {
		if _, err := l.conns[0].Exec(ctx, setIndexes, p.number); err != nil {
			return unavailable(err)
		}
		p.state = importIndexes
	}
	l.met = nil // it takes room
	whole, end := len(l.left) == 0, func(postgresTx) error { return nil }
	if whole {
		end = l.end
	}
	if settled, err := s.settled(ctx); err != nil {
		return err
	} else if !settled {
		p.progress(registry.PopulationProgress{Step: registry.PopulationIndexes, Line: p.file.Lines})
		if err := l.indexes(ctx); err != nil {
			return err
		}
		p.progress(registry.PopulationProgress{Step: registry.PopulationDuplicates, Line: p.file.Lines})
		if err := s.settle(ctx, p, end); err != nil || whole {
			return err
		}
	}
	return l.mergeLeft(ctx, s)
}

// end says that the import is finished, and opens the database.
func (l *populationLoad) end(t postgresTx) error {
	if err := t.open(); err != nil {
		return err
	}
	return l.finish(t)
}

// giveUp implements importSession. Rows that are not there stay away; those that are there get their indexes.
func (s *postgresImport) giveUp(ctx context.Context, p *populationImport) error {
	settled, err := s.settled(ctx)
	if err == nil && settled && p.base == 0 { // it put nobody aside: an earlier version takes out duplicates in its own way
		err = registry.ErrOlderImport
	}
	if err != nil {
		return err
	}
	l := &populationLoad{populationImport: p}
	defer l.disconnect(ctx)
	if err := l.connect(ctx, s.engine); err != nil {
		return err
	}
	p.progress(registry.PopulationProgress{Step: registry.PopulationIndexes})
	if err := l.indexes(ctx); err != nil {
		return err
	}
	end := func(t postgresTx) error {
		if err := t.open(); err != nil {
			return err
		}
		_, err := t.exec(giveUpImport, p.number)
		return err
	}
	if !settled {
		return s.settle(ctx, p, end)
	}
	return s.do(ctx, func(tx importTx) error { return end(tx.(postgresTx)) })
}

func (l *populationLoad) connect(ctx context.Context, e *postgres) error {
	for range loadWriters {
		conn, err := e.bulk(ctx)
		if err != nil {
			return err
		}
		l.conns = append(l.conns, conn)
		if _, err := conn.Exec(ctx, loadSettings); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

func (l *populationLoad) disconnect(ctx context.Context) {
	for _, conn := range l.conns {
		_ = conn.Close(context.WithoutCancel(ctx))
	}
}

// populationLoad is a first import under way, with the connections that do its work.
type populationLoad struct {
	*populationImport
	conns []*pgx.Conn
	met   *metKeys

	mu   sync.Mutex
	left map[int][]int // rows of a part that are merged in the end
}

// look tells which rows of a part may be duplicates, and keeps which are left to merge. It waits for the turn of the part.
func (l *populationLoad) look(part registry.PopulationPart, turn int, hashes []rowHashes) (suspects, left []int) {
	suspects, left = l.met.suspects(turn, hashes)
	if len(left) > 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.left[part.Number] = left
	}
	return suspects, left
}

// rows fills the tables with the parts that are not there yet.
func (l *populationLoad) rows(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts, loaded := make(chan loadedPart), make(chan int64, loadWriters)
	var writing sync.WaitGroup
	for _, conn := range l.conns {
		writing.Go(func() {
			if err := l.writeParts(ctx, conn, parts, loaded); err != nil {
				cancel(err)
			}
		})
	}
	var telling sync.WaitGroup
	telling.Go(func() {
		for line := int64(0); ; {
			last, more := <-loaded
			if !more {
				return
			}
			line = max(line, last)
			l.progress(registry.PopulationProgress{Line: line})
		}
	})
	err := l.readParts(ctx, parts)
	close(parts)
	if err != nil {
		cancel(err)
	}
	writing.Wait()
	close(loaded)
	telling.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// readParts hands the parts of the file to whoever writes them. All are read, those that are there already for what they
// say about the others.
func (l *populationLoad) readParts(ctx context.Context, parts chan<- loadedPart) error {
	turn := 0
	for part, err := range l.file.Read(ctx, 0) {
		if err != nil {
			return err
		}
		if l.done[part.Number] {
			l.look(part, turn, l.met.hashRows(nil, part.Rows))
			release(part)
			turn++
			continue
		}
		ids, err := tellingIDs(l.random, func(i int) int64 { return l.base + part.Rows[i].Line }, len(part.Rows))
		if err != nil {
			return err
		}
		select {
		case parts <- loadedPart{part, ids, turn}:
			turn++
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return ctx.Err()
}

// writeParts writes parts on a connection of its own.
func (l *populationLoad) writeParts(ctx context.Context, conn *pgx.Conn, parts <-chan loadedPart, loaded chan<- int64) error {
	w := &loadWriter{imports: l.populationImport}
	for part := range parts {
		w.hashes = l.met.hashRows(w.hashes[:0], part.Rows)
		w.mayBeKnown, w.left = l.look(part.PopulationPart, part.turn, w.hashes)
		// Who was killed may have had the part on its way when this import began: then it is there now.
		if err := w.load(ctx, conn, part); err != nil && !taken(err) {
			return unavailable(err)
		}
		release(part.PopulationPart)
		select {
		case loaded <- part.Last:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func release(part registry.PopulationPart) {
	if part.Release != nil {
		part.Release()
	}
}

// load writes a part in one transaction.
func (w *loadWriter) load(ctx context.Context, conn *pgx.Conn, part loadedPart) error {
	if err := w.encode(part); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockForWriting); err != nil {
			return err
		}
		t := postgresTx{ctx, tx}
		if err := w.imports.sameKeys(t); err != nil {
			return err
		}
		for _, to := range []struct {
			table, columns string
			rows           binaryRows
		}{
			{"record", loadedRecord, w.sure.records},
			{"patient", loadedPatient, w.sure.persons},
			{"population_aside_record", loadedRecord, w.suspects.records},
			{"population_aside_patient", loadedPatient, w.suspects.persons},
		} {
			if to.rows.count == 0 {
				continue
			}
			sql := "COPY " + to.table + " (" + to.columns + ") FROM STDIN (FORMAT binary)"
			if _, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(to.rows.bytes), sql); err != nil {
				return err
			}
		}
		part.Rows = part.Rows[len(w.left):] // as many as were written
		return w.imports.logPart(t, part.PopulationPart, registry.PopulationCounts{Created: int64(len(part.Rows))})
	})
}
