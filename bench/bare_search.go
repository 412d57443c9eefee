package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// bareSearch is the yardstick of (pb): a handler that finds someone in the service's own tables by the blind key of
// their number or by their code, with all that was declared on them, writes one entry of the access log, and
// answers a fixed page. It checks nothing, decides nothing, knows no session and opens nothing that is sealed.
type bareSearch struct {
	pool   *pgxpool.Pool
	insert string
	log    []any // the values of an entry that the service wrote
	at, of int   // which of them are the moment and the record
	pages  map[string][]byte
	shared chan bareEntry // entries that wait to share a commit; nil when each has its own
}

// bareEntry is an entry of the access log that someone waits for.
type bareEntry struct {
	values []any
	done   chan error
}

// openBareSearch opens the service's database, in whose access log the last entry is that of a search. pages are
// what is answered, by the name of the search.
func openBareSearch(ctx context.Context, n *nation, shared bool, pages map[string][]byte) (_ *bareSearch, err error) {
	b := &bareSearch{pages: pages}
	if b.pool, err = pgxpool.New(ctx, n.address+"&pool_max_conns=16"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.pool.Close()
		}
	}()
	columns, err := n.columns("access_log", "num", "txid")
	if err != nil {
		return nil, err
	}
	rows, err := b.pool.Query(ctx, "SELECT "+columns+" FROM access_log WHERE record_id <> '' ORDER BY at DESC LIMIT 1")
	if err != nil {
		return nil, err
	}
	if b.log, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() }); err != nil {
		return nil, fmt.Errorf("reading an entry of the access log: %w", err)
	}
	marks := make([]string, len(b.log))
	for i, name := range strings.Split(columns, ", ") {
		marks[i] = "$" + strconv.Itoa(i+1)
		switch name {
		case "at":
			b.at = i
		case "record_id":
			b.of = i
		}
	}
	b.insert = "INSERT INTO access_log (" + columns + ") VALUES (" + strings.Join(marks, ", ") + ")"
	if shared {
		b.shared = make(chan bareEntry, maxBatch)
		for range 2 {
			go b.write()
		}
	}
	return b, nil
}

// The queries of a search, in the words of the store: the persons whom a condition fits, and what was declared on
// them.
const (
	found       = "SELECT * FROM record r JOIN patient p ON p.record_num = r.num LEFT JOIN entry e ON e.record_num = r.num WHERE "
	foundByCode = found + "r.code = $1"
	foundByKey  = found + "r.num IN (SELECT num FROM record WHERE holder_key = $1 UNION SELECT num FROM record WHERE own_key = $1 AND own_key <> holder_key)"
)

func (b *bareSearch) handler() http.Handler {
	mux := http.NewServeMux()
	answer := func(name string, find func(*http.Request) (string, error)) {
		page := b.pages[name]
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			record, err := find(r)
			if err == nil {
				err = b.enter(r.Context(), record)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			_, _ = w.Write(page) // who asked may have left
		})
	}
	answer("code", func(r *http.Request) (string, error) {
		code, err := strconv.ParseInt(r.PostFormValue("code"), 10, 64)
		if err != nil {
			return "", err
		}
		return b.find(r.Context(), foundByCode, code)
	})
	answer("nir", func(r *http.Request) (string, error) {
		return b.find(r.Context(), foundByKey, unhex(r.PostFormValue("key")))
	})
	return mux
}

// find reads all rows of a search and returns the identifier of the record.
func (b *bareSearch) find(ctx context.Context, query string, arg any) (record string, err error) {
	rows, err := b.pool.Query(ctx, query, arg)
	if err != nil {
		return "", err
	}
	for rows.Next() {
		record = string(rows.RawValues()[1])
	}
	if rows.Close(); rows.Err() != nil {
		return "", rows.Err()
	}
	if record == "" {
		return "", errors.New("nobody found")
	}
	return record, nil
}

// enter writes an entry of the access log and returns once it is durable.
func (b *bareSearch) enter(ctx context.Context, record string) error {
	values := append([]any(nil), b.log...)
	values[b.at], values[b.of] = time.Now().UnixMicro(), record
	if b.shared == nil {
		_, err := b.pool.Exec(ctx, b.insert, values...)
		return err
	}
	e := bareEntry{values, make(chan error, 1)}
	b.shared <- e
	return <-e.done
}

// write has all entries that wait written in one transaction, and that again.
func (b *bareSearch) write() {
	for first := range b.shared {
		batch := []bareEntry{first}
	gather:
		for len(batch) < maxBatch {
			select {
			case e, open := <-b.shared:
				if !open {
					break gather
				}
				batch = append(batch, e)
			default:
				break gather
			}
		}
		sent := &pgx.Batch{}
		for _, e := range batch {
			sent.Queue(b.insert, e.values...)
		}
		err := b.pool.SendBatch(context.Background(), sent).Close()
		for _, e := range batch {
			e.done <- err
		}
	}
}

func (b *bareSearch) close() error {
	if b.shared != nil {
		close(b.shared)
	}
	b.pool.Close()
	return nil
}
