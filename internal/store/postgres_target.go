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
	part  int64 // numbers of records in a part
	small int64 // runs of fewer go to the table of the small ones: a search looks through each partition, a microsecond more
	// While people are served so do those of up to that many: nobody waits for the run, and to look through its codes little by little lasts.
	smallBeside int64
}

var nationalRun = runSizes{part: 250_000, small: 20_000, smallBeside: 100_000}

// isSmall tells whether a run of so many is a small one, alone or beside people who are served.
func (s runSizes) isSmall(targeted int64, beside bool) bool {
	return targeted < s.small || beside && targeted < s.smallBeside
}

// apartPiece is how many numbers of records are looked at together for codes that are there twice.
const apartPiece = 1_000_000

const (
	// drawTarget is a code for each row, from the same source as gen_random_uuid's, the server's for secrets: 63 of the
	// bits of a UUID that are random (its version and variant are not), modulo the number of codes. The codes that come
	// out once more often than others do so one time in ten thousand.
	drawTarget = "(('x' || translate(substr(u, 1, 13), '-', '') || substr(u, 33, 4))::bit(64)::bigint & 9223372036854775807) %% %d + 1"
	withdraw   = "DELETE FROM %s n USING record r WHERE r.num = n.record_num AND r.code IS NOT NULL" +
		" AND n.record_num > $1 AND n.record_num <= $2 AND r.num > $1 AND r.num <= $2"
	drawAnew = "SELECT " + drawTarget + " FROM (SELECT gen_random_uuid()::text AS u WHERE n.record_num IS NOT NULL) AS drawn"
	// An array, so that it is asked code by code: former codes are few, and those of a run are not gone through for them.
	drawFormer = "UPDATE %s n SET code = (" + drawAnew + ") WHERE n.code = ANY (ARRAY(SELECT code FROM former_code))"

	// Of two records that were one person's meanwhile (match_merged) the one that stays has the code that the run drew for the one
	// that went, unless it has another. The trigger waits for a run that is ending, or the run for it: either it sees the codes
	// in force, or the run that the record went.
	lockEnd     = "SELECT pg_advisory_xact_lock(hashtext('vaccin target end'))"
	ofMerged    = "(SELECT DISTINCT gone, record_num + other_num - gone AS stays FROM doubtful_match WHERE gone <> 0) AS m"
	carryMerged = "UPDATE %[1]s n SET record_num = g.stays FROM (SELECT m.stays, MIN(m.gone) AS gone FROM " + ofMerged +
		" JOIN %[1]s o ON o.record_num = m.gone WHERE NOT EXISTS (SELECT FROM %[1]s k WHERE k.record_num = m.stays) GROUP BY m.stays) AS g" +
		" WHERE n.record_num = g.gone"
	clearGone   = "DELETE FROM %[1]s n USING " + ofMerged + " WHERE n.record_num = m.gone"
	clearStayed = "DELETE FROM %[1]s n USING " + ofMerged + " WHERE n.record_num = m.stays AND" +
		" (EXISTS (SELECT FROM record r WHERE r.num = n.record_num AND r.code IS NOT NULL)" +
		" OR EXISTS (SELECT FROM target t WHERE t.record_num = n.record_num AND t.run <> %[2]d))"

	lockRun = "SELECT pg_try_advisory_lock(hashtext('vaccin target'))"
	// A helper that outlives, by moments, a process that was killed is waited for.
	lockHelper   = "SELECT pg_advisory_lock_shared(hashtext('vaccin target helper'))"
	awaitHelpers = "SELECT pg_advisory_lock(hashtext('vaccin target helper')), pg_advisory_unlock(hashtext('vaccin target helper'))"
	sampleLittle = "SET default_statistics_target = 20" // who is in a run, and by what code, needs no better
	openTarget   = "SELECT target_open($1)"
	selectDone   = "SELECT after FROM campaign_part WHERE run = $1"
	clearPart    = "DELETE FROM %[1]s n WHERE NOT EXISTS (SELECT FROM campaign_part p WHERE p.run = $1 AND p.after = (n.record_num - 1) / %[2]d * %[2]d)"
	insertPart   = "INSERT INTO campaign_part (run, after, targeted) VALUES ($1, $2, $3)"
	countParts   = "SELECT COUNT(*) FROM campaign_part WHERE run = $1"
	sumParts     = "SELECT COALESCE(SUM(targeted), 0) FROM campaign_part WHERE run = $1"
	indexTarget  = "SELECT target_index($1)"
	attachTarget = "SELECT target_attach($1)"
	endTarget    = "SELECT target_end($1)"
	settleTarget = "SELECT target_settle($1)"
	settledApart = "SELECT target_apart($1, $2)"
	countTarget  = "SELECT COUNT(*) FROM target WHERE run = $1"
	anyTargeted  = "SELECT EXISTS (SELECT FROM %s)"
	isAttached   = "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'target'::regclass AND inhrelid = to_regclass($1))"
	underWay     = "SELECT COALESCE(array_agg(xid::text), '{}') FROM pg_snapshot_xip(pg_current_snapshot()) AS xid"
	stillThere   = "SELECT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS xid WHERE xid::text = ANY ($1))"
)

// targetRun carries a run out, on connections of its own.
type targetRun struct {
	targeting
	engine  *postgres
	sweep   *sweep
	helper  *pgx.Conn // nil until there is use for it
	indexed bool
	table   string
	persons condition // from argument 3 on: between $1 and $2 are the numbers
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
	// With the lock alone: a run that waits for another is not under way, and may be dropped. Another that had the lock before may have
	// ended this one.
	t, err := begin(ctx)
	if err != nil {
		return err
	}
	s, err := newSweep(ctx, conn)
	if err == nil {
		err = s.settle(ctx)
	}
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

// targeted implements engine.
func (e *postgres) targeted(ctx context.Context, run int) (done int64, err error) {
	parts := int64(0)
	err = e.read(ctx, query{sql: countParts, args: []any{run}, row: func(scan func(...any) error) error { return scan(&parts) }})
	return parts * e.runs.part, err
}

// fill fills the table of the run with all that are not there yet.
func (r *targetRun) fill(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, openTarget, r.run); err != nil {
		return fmt.Errorf("making the table of a run: %w", err)
	}
	// Of a part that was stopped in the midst, some may be there.
	if _, err := conn.Exec(ctx, fmt.Sprintf(clearPart, r.table, r.engine.runs.part), r.run); err != nil {
		return fmt.Errorf("clearing a part that was stopped: %w", err)
	}
	left, err := r.left(ctx, conn)
	if err != nil {
		return err
	}
	for len(left) > 0 {
		if r.sweep.busy && !r.indexed {
			// Indexes that grow with the table cost ten times as much, and are made little by little.
			if err := r.index(ctx, conn); err != nil {
				return fmt.Errorf("giving a run its indexes beforehand: %w", err)
			}
		}
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

// bring brings the codes of the run into force and ends it.
func (r *targetRun) bring(ctx context.Context, conn *pgx.Conn, attached bool) error {
	targeted := int64(0)
	if err := conn.QueryRow(ctx, sumParts, r.run).Scan(&targeted); err != nil {
		return err
	}
	if !attached {
		if err := r.index(ctx, conn); err != nil {
			return fmt.Errorf("giving the codes of a run their indexes: %w", err)
		}
		there := false
		if err := conn.QueryRow(ctx, fmt.Sprintf(anyTargeted, r.table)).Scan(&there); err != nil {
			return err
		}
		// Its rows stand with those of others when it was stopped further below, maybe by a version to which it was a small one.
		small := r.engine.runs.isSmall(targeted, r.sweep.busy) || !there
		if err := r.apart(ctx, conn, small); err != nil {
			return err
		}
		if small {
			return r.endSmall(ctx, conn)
		}
		if _, err := conn.Exec(ctx, attachTarget, r.run); err != nil {
			return fmt.Errorf("bringing the codes of a run into force: %w", err)
		}
	}
	// Who declared the eligibility of someone a moment ago, before the codes were in force, may have drawn one.
	if err := waitForOthers(ctx, conn); err != nil {
		return err
	}
	if err := r.apart(ctx, conn, false); err != nil {
		return err
	}
	return r.finish(ctx, conn, endTarget)
}

// endSmall is the end of a run of which the codes stand with those of others, where the service may change none: what may be
// wrong with them is set right by the database.
func (r *targetRun) endSmall(ctx context.Context, conn *pgx.Conn) error {
	// When it goes on after it was stopped further below, its table is made anew and empty.
	settle := func(tx pgx.Tx) error { return r.carryMerged(ctx, tx, settleTarget) }
	if err := pgx.BeginFunc(ctx, conn, settle); err != nil {
		return fmt.Errorf("bringing the codes of a run into force: %w", err)
	}
	if err := waitForOthers(ctx, conn); err != nil {
		return err
	}
	for {
		_, err := conn.Exec(ctx, settledApart, r.run, int64(r.space)) //nolint:gosec // 50 bits
		if err == nil {
			return r.finish(ctx, conn, "")
		}
		if !taken(err) {
			return fmt.Errorf("keeping the codes of a run apart from others: %w", err)
		}
	}
}

// index makes the unique indexes of the table, and draws anew what turns out to be there twice.
func (r *targetRun) index(ctx context.Context, conn *pgx.Conn) error {
	for {
		_, err := conn.Exec(ctx, indexTarget, r.run)
		if err == nil || !taken(err) {
			r.indexed = err == nil
			return err
		}
		if err := r.redraw(ctx, conn); err != nil {
			return err
		}
	}
}

// redraw takes out who is there twice, which a server of the version before leaves when it goes on with a part that was
// stopped in the midst, and draws another code for all but one of those who have the same, until no two have.
func (r *targetRun) redraw(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, fmt.Sprintf("DELETE FROM %[1]s n USING %[1]s other WHERE other.record_num = n.record_num AND other.ctid < n.ctid", r.table)); err != nil {
		return fmt.Errorf("taking out who is there twice: %w", err)
	}
	_, err := untilNone(ctx, conn, "UPDATE "+r.table+" n SET code = ("+fmt.Sprintf(drawAnew, r.space)+") WHERE n.record_num IN (SELECT record_num FROM"+
		" (SELECT record_num, row_number() OVER (PARTITION BY code ORDER BY record_num) AS nth FROM "+r.table+") AS same WHERE nth > 1)")
	return err
}

// apart sees to it that no code of the run is another's, and no person has two. Of a small run all are looked at at once.
func (r *targetRun) apart(ctx context.Context, conn *pgx.Conn, small bool) error {
	all := func(do func(after, to int64) (int64, error)) error {
		if small {
			_, err := do(0, r.highest)
			return err
		}
		return r.sweep.over(ctx, 0, r.highest, apartPiece, do)
	}
	err := all(func(after, to int64) (int64, error) {
		tag, err := conn.Exec(ctx, fmt.Sprintf(withdraw, r.table), after, to)
		return tag.RowsAffected(), err
	})
	if err != nil {
		return fmt.Errorf("leaving out who got a code meanwhile: %w", err)
	}
	draw := "UPDATE " + r.table + " n SET code = (" + fmt.Sprintf(drawAnew, r.space) + ") WHERE n.record_num > $1 AND n.record_num <= $2 AND EXISTS (SELECT FROM "
	ofRecord := draw + "record r WHERE r.code = n.code AND r.code IS NOT NULL)"
	ofRun := draw + "target t WHERE t.code = n.code AND t.run <> " + strconv.Itoa(r.run) + ")"
	inForce := func(after, to int64) (int64, error) {
		for {
			if _, err := untilNone(ctx, conn, ofRecord, after, to); err != nil {
				return 0, err
			}
			// What is drawn instead of another run's code may be a record's.
			if drawn, err := untilNone(ctx, conn, ofRun, after, to); err != nil || drawn == 0 {
				return 0, err
			}
		}
	}
	for {
		if err := all(inForce); err != nil {
			return err
		}
		// After those in force, for of these a merge makes former ones. What is drawn instead of one may be in force.
		if drawn, err := untilNone(ctx, conn, fmt.Sprintf(drawFormer, r.table, r.space)); err != nil || drawn == 0 {
			return err
		}
	}
}

// finish ends the run in one transaction with its entry of the access log; last is what is left to do with its table, if anything is.
func (r *targetRun) finish(ctx context.Context, conn *pgx.Conn, last string) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if last != "" {
			if err := r.carryMerged(ctx, tx, last); err != nil {
				return err
			}
		}
		targeted := int64(0)
		if err := tx.QueryRow(ctx, countTarget, r.run).Scan(&targeted); err != nil {
			return err
		}
		statements, err := r.end(targeted)
		if err != nil {
			return err
		}
		for _, s := range statements {
			tag, err := tx.Exec(ctx, s.sql, s.args...)
			if err == nil && tag.RowsAffected() == 0 {
				err = registry.ErrOvertaken
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ending a run: %w", err)
	}
	return nil
}

// carryMerged carries codes from records that went to those that stay, and then does what is left to do with the table.
func (r *targetRun) carryMerged(ctx context.Context, tx pgx.Tx, last string) error {
	if _, err := tx.Exec(ctx, lockEnd); err != nil {
		return fmt.Errorf("waiting for who decides that two records are one person's: %w", err)
	}
	for carried := int64(1); carried > 0; { // also from one to the next
		tag, err := tx.Exec(ctx, fmt.Sprintf(carryMerged, r.table))
		if err != nil {
			return fmt.Errorf("carrying codes to records that stay: %w", err)
		}
		carried = tag.RowsAffected()
	}
	for _, sql := range []string{fmt.Sprintf(clearGone, r.table), fmt.Sprintf(clearStayed, r.table, r.run)} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("taking out codes of records that went: %w", err)
		}
	}
	_, err := tx.Exec(ctx, last, r.run)
	return err
}

// untilNone does a statement until it touches no row, and returns how many it did. One that meets a code that is there already is
// done again.
func untilNone(ctx context.Context, conn *pgx.Conn, sql string, args ...any) (rows int64, err error) {
	for {
		tag, err := conn.Exec(ctx, sql, args...)
		if err != nil && !taken(err) {
			return 0, fmt.Errorf("drawing codes anew: %w", err)
		}
		if err == nil && tag.RowsAffected() == 0 {
			return rows, nil
		}
		rows += tag.RowsAffected()
	}
}

// waitForOthers waits for the end of all transactions that are under way and write.
func waitForOthers(ctx context.Context, conn *pgx.Conn) error {
	var there []string
	if err := conn.QueryRow(ctx, underWay).Scan(&there); err != nil {
		return err
	}
	for {
		waits := false
		if err := conn.QueryRow(ctx, stillThere, there).Scan(&waits); err != nil || !waits {
			return err
		}
		if err := pause(ctx, retryEvery); err != nil {
			return err
		}
	}
}
