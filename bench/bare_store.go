package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver of the store
)

// bareStore is the yardstick's way to the same tables: the statements of the store for one dose, written
// without a rule, run on connections of the same settings, and sharing commits in the same way.
type bareStore struct {
	readers chan *bareConn
	writer  *bareConn
	jobs    chan bareJob
	ended   chan struct{}
	dbs     []*sql.DB

	sql       bareSQL
	dose, log row      // those of a dose that the service recorded, to write again for other patients
	content   []string // of the dose
}

// maxBatch is how many doses may share a commit, as in the store.
const maxBatch = 256

const (
	bareCommon = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_dqs=0"
	bareWriter = bareCommon + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)&_pragma=cache_size(-4096)"
	bareReader = bareCommon + "&_pragma=query_only(1)&_pragma=cache_size(-16384)"
)

// openBare opens a file that the store has made, in which the service has recorded one dose.
func openBare(ctx context.Context, path string) (_ *bareStore, err error) {
	b := &bareStore{jobs: make(chan bareJob, maxBatch), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.closeFiles())
		}
	}()
	connect := func(settings string) (*sql.DB, error) {
		db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: path, RawQuery: settings}).String())
		if err == nil {
			b.dbs = append(b.dbs, db)
		}
		return db, err
	}
	writers, err := connect(bareWriter)
	if err != nil {
		return nil, err
	}
	readers, err := connect(bareReader)
	if err != nil {
		return nil, err
	}
	if b.writer, err = newBareConn(ctx, writers); err != nil {
		return nil, err
	}
	size := max(4, runtime.NumCPU())
	b.readers = make(chan *bareConn, size)
	for range size {
		c, err := newBareConn(ctx, readers)
		if err != nil {
			return nil, err
		}
		b.readers <- c
	}
	if b.dose, err = b.writer.lastRow(ctx, "entry"); err != nil {
		return nil, err
	}
	if b.content, err = b.dose.content(); err != nil {
		return nil, err
	}
	if b.log, err = b.writer.lastRow(ctx, "access_log"); err != nil {
		return nil, err
	}
	if b.sql, err = makeBareSQL(ctx, b.writer, b.dose.names[1:], b.log.names[1:]); err != nil {
		return nil, err
	}
	tagged(ctx, "yardstick", func(context.Context) { go b.write() })
	return b, nil
}

// bareSQL are the statements of one dose, in the words of the store.
type bareSQL struct {
	session, record    string // read
	advance, dose, log string // written
}

func makeBareSQL(ctx context.Context, c *bareConn, dose, log []string) (bareSQL, error) {
	patient, err := c.lastRow(ctx, "patient")
	if err != nil {
		return bareSQL{}, err
	}
	under := func(names []string) string {
		marks := make([]string, len(names))
		for i := range names {
			marks[i] = fmt.Sprintf("$%d", i+3)
		}
		return strings.Join(marks, ", ") + " FROM record WHERE num = $1 AND last_change = $2"
	}
	return bareSQL{
		session: "SELECT data, expires FROM session WHERE id = $1",
		record: "SELECT r.num, r.id, r.version, r.code, r.birth_date, r.birth_rank, " + strings.Join(patient.names[1:], ", ") + ", " + strings.Join(dose, ", ") +
			" FROM record r JOIN patient p ON p.record_num = r.num LEFT JOIN entry e ON e.record_num = r.num WHERE r.id = $1",
		advance: "UPDATE record SET version = version + 1, last_change = $1 WHERE num = $2 AND version = $3 AND id IS NOT DISTINCT FROM $4",
		dose:    "INSERT INTO entry (record_num, " + strings.Join(dose, ", ") + ") SELECT num, " + under(dose),
		log:     "INSERT INTO access_log (" + strings.Join(log, ", ") + ") SELECT " + under(log),
	}, nil
}

// bareJob is a dose that waits to be written.
type bareJob struct {
	record               string
	num, version, change int64
	dose, log            []any
	done                 chan error
}

// write has all that waits written in one transaction, and that again.
func (b *bareStore) write() {
	defer close(b.ended)
	for first := range b.jobs {
		batch := []bareJob{first}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case j, open := <-b.jobs:
				if more = open; open {
					batch = append(batch, j)
				}
			default:
				more = false
			}
		}
		err := b.transact(batch)
		for _, j := range batch {
			j.done <- err
		}
	}
}

func (b *bareStore) transact(batch []bareJob) error {
	if err := b.writer.exec("BEGIN IMMEDIATE", 0); err != nil {
		return err
	}
	for _, j := range batch {
		err := b.writer.exec(b.sql.advance, 1, j.change, j.num, j.version, j.record)
		if err == nil {
			err = b.writer.exec(b.sql.dose, 1, append([]any{j.num, j.change}, j.dose...)...)
		}
		if err == nil {
			err = b.writer.exec(b.sql.log, 1, append([]any{j.num, j.change}, j.log...)...)
		}
		if err != nil {
			return errors.Join(err, b.writer.exec("ROLLBACK", 0))
		}
	}
	return b.writer.exec("COMMIT", 0)
}

// close ends the writing and closes the files.
func (b *bareStore) close() error {
	close(b.jobs)
	<-b.ended
	return b.closeFiles()
}

func (b *bareStore) closeFiles() (err error) {
	for _, db := range b.dbs {
		err = errors.Join(err, db.Close())
	}
	return err
}

// row is a row of a table, by column.
type row struct {
	names  []string
	values []any
}

// with is the row's values after the first, the key, with some replaced.
func (r row) with(replaced map[string]any) []any {
	values := slices.Clone(r.values[1:])
	for i, name := range r.names[1:] {
		if v, ok := replaced[name]; ok {
			values[i] = v
		}
	}
	return values
}

// Where texts that a form tells stand in the content of a dose.
const (
	contentSite    = 2
	contentRequest = 15
)

// content are the texts of a dose that stand in one column.
func (r row) content() (texts []string, err error) {
	text, _ := r.values[slices.Index(r.names, "content")].(string)
	if err := json.Unmarshal([]byte(text), &texts); err != nil || len(texts) <= contentRequest {
		return nil, errors.New("the content of the model dose cannot be read")
	}
	return texts, nil
}

// contentWith is the content of a dose with what a form tells.
func (b *bareStore) contentWith(site, request string) (string, error) {
	texts := slices.Clone(b.content)
	texts[contentSite], texts[contentRequest] = site, request
	content, err := json.Marshal(texts)
	return string(content), err
}
