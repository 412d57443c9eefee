package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"sync"
	"sync/atomic"

	sqlitelib "modernc.org/sqlite"

	"vaccin/internal/registry"
)

// In the embedded store a run is one transaction: it serves a centre or a try-out, and there are no parts to go on with.
// The codes are drawn by a function of SQL, each other than those that there are.

// draws are the draws under way in this process, of any file, by the number that the function is called with.
var (
	draws    sync.Map
	lastDraw atomic.Int64
)

func init() {
	sqlitelib.MustRegisterScalarFunction("draw_target", 1, func(_ *sqlitelib.FunctionContext, args []driver.Value) (driver.Value, error) {
		d, ok := draws.Load(args[0])
		if !ok {
			return nil, errors.New("store: no codes are being drawn")
		}
		return d.(*draw).next()
	})
}

// draw draws codes that are not taken.
type draw struct {
	space int64
	taken map[int64]struct{}
}

var errNoCodes = errors.New("store: all codes are taken")

func (d *draw) next() (driver.Value, error) {
	for int64(len(d.taken)) < d.space {
		n, err := rand.Int(rand.Reader, big.NewInt(d.space))
		if err != nil {
			return nil, fmt.Errorf("drawing a code: %w", err)
		}
		code := n.Int64() + 1
		if _, taken := d.taken[code]; !taken {
			d.taken[code] = struct{}{}
			return code, nil
		}
	}
	return nil, errNoCodes
}

const (
	selectCodes = "SELECT code FROM target UNION ALL SELECT code FROM record WHERE code IS NOT NULL UNION ALL SELECT code FROM former_code"
	// The guard: those were targeted who were read a moment before, and no code was drawn elsewhere meanwhile.
	sameWhom = "UPDATE campaign_run SET state = state WHERE number = $1 AND state = 'running' AND (SELECT COUNT(*) FROM target WHERE run = $1) = $2" +
		" AND NOT EXISTS (SELECT record_num FROM target WHERE run = $1 EXCEPT SELECT value FROM json_each($3))" +
		" AND NOT EXISTS (SELECT 1 FROM target t JOIN record r ON r.code = t.code WHERE t.run = $1)" +
		" AND NOT EXISTS (SELECT 1 FROM former_code f JOIN target t ON t.code = f.code WHERE t.run = $1)"
)

// target implements engine. It is overtaken by who comes or gets a code between reading whom it concerns and targeting.
func (e *sqlite) target(ctx context.Context, begin func(context.Context) (targeting, error), write func(context.Context, work) error) error {
	t, err := begin(ctx)
	if err != nil {
		return err
	}
	persons := condition{next: 1}
	persons.arg(int64(t.run))
	persons.arg(t.highest)
	t.where(&persons)
	from := " FROM patient p WHERE p.record_num <= $2 AND " + persons.sql.String() + without
	d := &draw{space: int64(t.space), taken: map[int64]struct{}{}}
	whom, list := newGiven(), []byte("[")
	err = e.read(ctx,
		query{sql: selectCodes, row: func(scan func(...any) error) error {
			code := int64(0)
			err := scan(&code)
			d.taken[code] = struct{}{}
			return err
		}},
		query{sql: "SELECT p.record_num, $1" + from + " ORDER BY 1", args: persons.args, row: func(scan func(...any) error) error {
			number := int64(0)
			if err := scan(&number, skipped{}); err != nil {
				return err
			}
			list = append(strconv.AppendInt(list, number, 10), ',')
			return whom.add(1, binary.BigEndian.AppendUint64(nil, uint64(number))) //nolint:gosec // from 1
		}},
	)
	if err != nil {
		return err
	}
	drawing := lastDraw.Add(1)
	key := persons.arg(drawing)
	draws.Store(drawing, d)
	defer draws.Delete(drawing)
	end, err := t.end(whom)
	if err != nil {
		return err
	}
	statements := []statement{
		{sql: "INSERT INTO target (record_num, code, run) SELECT p.record_num, draw_target(" + key + "), $1" + from, args: persons.args, quiet: true},
		{sql: sameWhom, args: []any{t.run, whom.persons, string(append(bytes.TrimSuffix(list, []byte(",")), ']'))}, none: []reason{{err: registry.ErrOvertaken}}},
	}
	if err := write(ctx, work{alone: true, statements: append(statements, end...)}); err != nil {
		return err
	}
	t.progress(t.highest, t.highest)
	return nil
}

// through implements engine: a run is done whole.
func (e *sqlite) through(context.Context, int) (int64, error) { return 0, nil }

// swept implements engine: what is few is gone through at once.
func (e *sqlite) swept(ctx context.Context, _ string, highest int64, q query) error {
	q.args = append([]any{0, highest}, q.args...)
	return e.read(ctx, q)
}
