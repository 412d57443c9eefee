package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"vaccin/internal/registry"
)

// A run over a nation fills a table of its own, part by part, and keeps which parts are done;
// gives it its indexes once it is whole, which costs a tenth of keeping them while it grows; sees that no code is
// another's; and attaches it to the others in an instant. Killed anywhere and begun again, it ends the same.

// runSizes are how a run is cut.
type runSizes struct {
	part int64 // numbers of records in a part
	// Runs of fewer codes are put into the table of the small ones: each partition costs a search a microsecond.
	small int64
	// As long as fewer than few runs have a partition, only those of fewer than fewSmall codes are: to put many codes with those of others takes
	// longer than all the rest of a run.
	few, fewSmall int64
	// While people are served, those of fewer than smallBeside are: nobody waits for the run then, and a large one looks through its codes little
	// by little, for minutes.
	smallBeside int64
}

var nationalRun = runSizes{part: 250_000, small: 20_000, few: 20, fewSmall: 4_000, smallBeside: 100_000}

// isSmall tells whether a run that gives so many codes is a small one, where so many large ones have a partition. beside tells that people are being served.
func (s runSizes) isSmall(targeted, large int64, beside bool) bool {
	switch {
	case beside:
		return targeted < max(s.small, s.smallBeside)
	case large < s.few:
		return targeted < s.fewSmall
	default:
		return targeted < s.small
	}
}

const (
	// drawTarget is a code for each row, from the same source as gen_random_uuid's, the server's for secrets: 63 of the
	// bits of a UUID that are random (its version and variant are not), modulo the number of codes: some codes come out more often than others,
	// by one part in ten thousand.
	drawTarget = "(('x' || translate(substr(u, 1, 13), '-', '') || substr(u, 33, 4))::bit(64)::bigint & 9223372036854775807) %% %d + 1"

	lockRun = "SELECT pg_try_advisory_lock(hashtext('vaccin target'))"
	// The second connection of a process that was killed may live for a moment more: the next run waits for it.
	lockHelper   = "SELECT pg_advisory_lock_shared(hashtext('vaccin target helper'))"
	awaitHelpers = "SELECT pg_advisory_lock(hashtext('vaccin target helper')), pg_advisory_unlock(hashtext('vaccin target helper'))"
	sampleLittle = "SET default_statistics_target = 20" // who is in a run, and by what code, needs no better
	openTarget   = "SELECT target_open($1)"
	selectDone   = "SELECT after FROM campaign_part WHERE run = $1"
	clearPart    = "DELETE FROM %[1]s n WHERE NOT EXISTS (SELECT FROM campaign_part p WHERE p.run = $1 AND p.after = (n.record_num - 1) / %[2]d * %[2]d)"
	insertPart   = "INSERT INTO campaign_part (run, after, targeted) VALUES ($1, $2, $3)"
	countParts   = "SELECT COUNT(*) FROM campaign_part WHERE run = $1"
	isAttached   = "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'target'::regclass AND inhrelid = to_regclass($1))"
)

// targetRun carries a run out, on connections of its own.
type targetRun struct {
	targeting
	engine  *postgres
	sweep   *sweep
	helper  *pgx.Conn // nil until there is use for it
	indexed bool
	table   string
	persons condition // whom it concerns; its arguments begin with $3, for $1 and $2 are the numbers of records between which it looks
}

// target implements engine.
func (e *postgres) target(ctx context.Context, begin func(context.Context) (targeting, error), _ func(context.Context, work) error) (err error) {
	defer func() { err = unavailable(err) }()
	conn, err := e.bulk(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	alone, attached := false, false
	if err := conn.QueryRow(ctx, lockRun).Scan(&alone); err != nil {
		return err
	}
	if !alone {
		return registry.ErrRunning
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), unlockAll) }()
	for _, sql := range []string{awaitHelpers, sampleLittle} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("waiting for who helped with a run that was stopped: %w", err)
		}
	}
	// Not before it has the lock: a run that waits for another is not under way, and may still be dropped; and who had the lock before may have
	// ended this very one.
	t, err := begin(ctx)
	if err != nil {
		return err
	}
	s, err := newSweep(ctx, conn)
	if err != nil {
		return err
	}
	r := &targetRun{engine: e, sweep: s, targeting: t, table: "target_run_" + strconv.Itoa(t.run), persons: condition{next: 3}}
	t.where(&r.persons)
	if err := conn.QueryRow(ctx, isAttached, r.table).Scan(&attached); err != nil {
		return err
	}
	defer r.dismiss(ctx)
	if !attached {
		if err := r.fill(ctx, conn); err != nil {
			return err
		}
	}
	return r.bring(ctx, conn, attached)
}

// through implements engine.
func (e *postgres) through(ctx context.Context, run int) (done int64, err error) {
	parts := int64(0)
	err = e.read(ctx, query{sql: countParts, args: []any{run}, row: func(scan func(...any) error) error { return scan(&parts) }})
	return parts * e.runs.part, err
}

// fill fills the table of the run with all that are not there yet.
func (r *targetRun) fill(ctx context.Context, conn *pgx.Conn) error {
	if err := r.open(ctx, conn); err != nil {
		return err
	}
	left, err := r.left(ctx, conn)
	if err != nil {
		return err
	}
	// It has to know before it works at full speed: several parts at once, or, where all parts are done, indexes of whatever size. A single part is
	// done in small pieces until it is known.
	if len(left) != 1 {
		if err := r.sweep.settle(ctx); err != nil {
			return err
		}
	}
	for len(left) > 0 {
		if !r.sweep.busy && len(left) > 1 {
			err, left = r.both(ctx, conn, left[0], left[1]), left[2:]
		} else {
			err, left = r.part(ctx, conn, left[0]), left[1:]
		}
		if err != nil {
			return fmt.Errorf("targeting a part of the persons: %w", err)
		}
		r.progress(r.highest-min(r.highest, int64(len(left))*r.engine.runs.part), r.highest)
	}
	return nil
}

// open makes the table of the run, or clears it of what is there of a part that was stopped in the midst.
func (r *targetRun) open(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, openTarget, r.run); err != nil {
		return fmt.Errorf("making the table of a run: %w", err)
	}
	r.sweep.own++
	tag, err := conn.Exec(ctx, fmt.Sprintf(clearPart, r.table, r.engine.runs.part), r.run)
	if err != nil {
		return fmt.Errorf("clearing a part that was stopped: %w", err)
	}
	if tag.RowsAffected() > 0 {
		r.sweep.own++
	}
	return nil
}

// left are the parts that are not done, each by the number of a record after which it begins.
func (r *targetRun) left(ctx context.Context, conn *pgx.Conn) (left []int64, err error) {
	rows, err := conn.Query(ctx, selectDone, r.run)
	if err != nil {
		return nil, err
	}
	done, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for after := int64(0); after < r.highest; after += r.engine.runs.part {
		if !slices.Contains(done, after) {
			left = append(left, after)
		}
	}
	return left, err
}

// part targets those of a part whom the campaign concerns and who have no code, on one processor: the others are left to
// doctors.
func (r *targetRun) part(ctx context.Context, conn *pgx.Conn, after int64) error {
	targeted := int64(0)
	err := r.sweep.over(ctx, after, r.partEnd(after), r.engine.runs.part, func(after, to int64) (int64, error) {
		if r.sweep.busy && !r.indexed {
			// Indexes that grow with the table cost ten times as much, and are made little by little.
			if err := r.index(ctx, conn); err != nil {
				return 0, fmt.Errorf("giving a run its indexes beforehand: %w", err)
			}
		}
		n, err := r.draw(ctx, conn, after, to)
		targeted += n
		return n, err
	})
	if err == nil {
		_, err = lazily(ctx, conn, insertPart, r.run, after, targeted)
		r.sweep.own++
	}
	return err
}

// both targets two parts at once, while nobody is served.
func (r *targetRun) both(ctx context.Context, conn *pgx.Conn, one, other int64) error {
	helper, err := r.help(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	group, groupCtx := errgroup.WithContext(ctx)
	own := atomic.Int64{}
	for conn, after := range map[*pgx.Conn]int64{conn: one, helper: other} {
		group.Go(func() error {
			targeted, err := r.draw(groupCtx, conn, after, r.partEnd(after))
			if err != nil {
				return err
			}
			if targeted > 0 {
				own.Add(1)
			}
			own.Add(1)
			_, err = lazily(groupCtx, conn, insertPart, r.run, after, targeted)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.sweep.own += own.Load()
	return r.sweep.rest(ctx, time.Since(began))
}

// help is a second connection.
func (r *targetRun) help(ctx context.Context) (*pgx.Conn, error) {
	if r.helper != nil {
		return r.helper, nil
	}
	conn, err := r.engine.bulk(ctx)
	if err != nil {
		return nil, err
	}
	r.helper = conn
	_, err = conn.Exec(ctx, lockHelper)
	return conn, err
}

// dismiss closes the second connection, if there is one.
func (r *targetRun) dismiss(ctx context.Context) {
	if r.helper != nil {
		_ = r.helper.Close(context.WithoutCancel(ctx))
	}
}

// partEnd is the last number of a record of a part.
func (r *targetRun) partEnd(after int64) int64 { return min(after+r.engine.runs.part, r.highest) }

// draw targets those of some numbers of records.
func (r *targetRun) draw(ctx context.Context, conn *pgx.Conn, after, to int64) (targeted int64, err error) {
	sql := "INSERT INTO " + r.table + " (record_num, code, run) SELECT record_num, " + fmt.Sprintf(drawTarget, r.space) + ", " + strconv.Itoa(r.run) +
		" FROM (SELECT p.record_num, gen_random_uuid()::text AS u FROM patient p WHERE " + uncoded + r.persons.sql.String() +
		" OFFSET 0) AS p"
	for {
		targeted, err = lazily(ctx, conn, sql, append([]any{after, to}, r.persons.args...)...)
		if !taken(err) {
			return targeted, err
		}
		// Where there are indexes already, a code was drawn that was drawn before: all of them are drawn anew.
	}
}

// lazily does a statement in a transaction that nobody waits for to be on the disk: what is lost with the server is done again.
func lazily(ctx context.Context, conn *pgx.Conn, sql string, args ...any) (rows int64, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	return rows, nil
}
