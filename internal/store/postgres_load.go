package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vaccin/internal/registry"
)

// The first import of a population, into a database without persons: rows go straight into their tables, which have no
// index and no unique constraint meanwhile, as bytes that PostgreSQL takes as they are. The number of a record is that
// of its line. Nobody may serve. Who may be a duplicate is noted, told apart once all are there, and taken out before the
// indexes are made again.

// ErrLoading is a database of which the first import of the population is not finished.
var ErrLoading = errors.New("store: the first import of the population is not finished")

// madeIndex is an index that a first import takes away and makes again.
type madeIndex struct{ table, name, on, constraint string }

// madeIndexes are those in the order in which they are made again (endSteps), the longest of record first.
var madeIndexes = []madeIndex{
	{table: "patient", name: "patient_pkey", on: "(record_num)", constraint: "PRIMARY KEY"},
	{table: "record", name: "record_holder_key_birth_date_birth_rank_key", on: "(holder_key, birth_date, birth_rank)", constraint: "UNIQUE"},
	{table: "record", name: "record_id_key", on: "(id)", constraint: "UNIQUE"},
	{table: "record", name: "record_own_key", on: "(own_key) WHERE own_key IS NOT NULL"},
	{table: "record", name: "record_pkey", on: "(num)", constraint: "PRIMARY KEY"},
}

const (
	isLoading = "SELECT EXISTS (" + probeLoading + ")"
	lockOut   = "LOCK TABLE record, patient IN ACCESS EXCLUSIVE MODE"
	// A service that runs in spite of what its operator was told meets its want of rights.
	revokeWriting = "REVOKE INSERT, UPDATE ON record, patient FROM " + serviceRole

	copyRecords = "COPY record (num, id, version, last_change, holder_key, birth_date, birth_rank, blind_key, own_key) FROM STDIN (FORMAT binary)"
	copyPersons = "COPY patient (record_num, conditions, comorbidities, born_first, born_last, died, residence, occupation, workplace, manual," +
		" sex, postal_code, commune_code, department, establishment, scheme, sealed, told) FROM STDIN (FORMAT binary)"
)

func (t postgresTx) prepareLoad() error {
	if _, err := t.exec(lockOut); err != nil {
		return err
	}
	persons, err := exists(t, selectAnyRecord)
	if err != nil {
		return err
	}
	if persons {
		return errEntered
	}
	for _, i := range madeIndexes {
		sql := "ALTER TABLE " + i.table + " DROP CONSTRAINT " + i.name
		if i.constraint == "" {
			sql = "DROP INDEX " + i.name
		}
		if _, err := t.exec(sql); err != nil {
			return fmt.Errorf("taking an index away: %w", err)
		}
	}
	there := false
	if err := t.query(query{sql: hasServiceRole, row: func(scan func(...any) error) error { return scan(&there) }}); err != nil || !there {
		return err
	}
	_, err = t.exec(revokeWriting)
	return err
}

// loadWriters is how many connections fill the tables.
const loadWriters = 2

// loadedPart is a part on its way.
type loadedPart struct {
	registry.PopulationPart
	ids      string
	suspects []int // rows that may be duplicates
}

// load implements importSession.
func (s *postgresImport) load(ctx context.Context, p *populationImport) error {
	if p.state == importRows {
		if err := s.loadRows(ctx, p); err != nil {
			return err
		}
		p.progress(registry.PopulationProgress{Step: registry.PopulationDuplicates, Line: p.file.Lines})
		if err := s.dropDuplicates(ctx, p); err != nil {
			return err
		}
	}
	p.progress(registry.PopulationProgress{Step: registry.PopulationIndexes, Line: p.file.Lines})
	return s.finishLoad(ctx, p)
}

// loadRows fills the tables with the parts that are not there yet.
func (s *postgresImport) loadRows(ctx context.Context, p *populationImport) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts, loaded := make(chan loadedPart), make(chan int64, loadWriters)
	var writing sync.WaitGroup
	for range loadWriters {
		writing.Go(func() {
			if err := s.loadParts(ctx, p, parts, loaded); err != nil {
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
			p.progress(registry.PopulationProgress{Line: line})
		}
	})
	err := s.readParts(ctx, p, parts)
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
func (s *postgresImport) readParts(ctx context.Context, p *populationImport, parts chan<- loadedPart) error {
	met := newMetKeys(p.file.Lines)
	for part, err := range p.file.Read(ctx, 0) {
		if err != nil {
			return err
		}
		suspects := met.suspects(part.Rows)
		if p.done[part.Number] {
			release(part)
			continue
		}
		ids, err := p.recordIDs(len(part.Rows))
		if err != nil {
			return err
		}
		select {
		case parts <- loadedPart{part, ids, suspects}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return ctx.Err()
}

// loadParts writes parts on a connection of its own.
func (s *postgresImport) loadParts(ctx context.Context, p *populationImport, parts <-chan loadedPart, loaded chan<- int64) error {
	conn, err := s.engine.bulkWatched(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	w := &loadWriter{imports: p}
	for part := range parts {
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
		if _, err := tx.Exec(ctx, lazyCommit+"; "+lockForWriting); err != nil {
			return err
		}
		t := postgresTx{ctx, tx}
		if err := w.imports.sameKeys(t); err != nil {
			return err
		}
		for sql, rows := range map[string][]byte{copyRecords: w.records.bytes, copyPersons: w.persons.bytes} {
			if err := copyBytes(ctx, conn.PgConn(), sql, rows); err != nil {
				return err
			}
		}
		if err := t.fill("population_suspect", "num, holder_key, own_key, birth_date, birth_rank", w.suspects); err != nil {
			return err
		}
		return w.imports.logPart(t, part.PopulationPart, registry.PopulationCounts{Created: int64(len(part.Rows))})
	})
}

func copyBytes(ctx context.Context, conn *pgconn.PgConn, sql string, rows []byte) error {
	_, err := conn.CopyFrom(ctx, bytes.NewReader(rows), sql)
	return err
}
