package store

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

// How the codes of a run come into force once all are drawn. Each step may be done again.

// apartPiece is how many numbers of records are looked at together for codes that are there twice.
const apartPiece = 1_000_000

const (
	withdraw = "DELETE FROM %s n USING record r WHERE r.num = n.record_num AND r.code IS NOT NULL" +
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

	sumParts     = "SELECT COALESCE(SUM(targeted), 0) FROM campaign_part WHERE run = $1"
	indexTarget  = "SELECT target_index($1)"
	lockTarget   = "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE"
	attachTarget = "SELECT target_attach($1)"
	// How long those who are served wait at most, how often, and for how long until the run fails, which is tried again.
	attachBriefly = "SET LOCAL lock_timeout = '100ms'"
	attachEvery   = time.Second
	attachFor     = 30 * time.Second
	endTarget     = "SELECT target_end($1)"
	settleTarget  = "SELECT target_settle($1)"
	settledApart  = "SELECT target_apart($1, $2)"
	// Whom the run gave a code, a piece of the numbers of records at a time. Ordered within the aggregate it took three times as long, for PostgreSQL 15
	// sorts again what an index gave in order; whoever reads it sees to the order.
	selectWhom = "SELECT COUNT(*), COALESCE(string_agg(number, ''::bytea), '') FROM (SELECT int8send(record_num) AS number FROM target" +
		" WHERE run = $1 AND record_num > $2 AND record_num <= $3 ORDER BY record_num) AS whom"
	anyTargeted = "SELECT EXISTS (SELECT FROM %s), (SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'target'::regclass) - 1" // without that of the small ones
	// Those that are known to be in another database of the same server declare nobody's eligibility here, and may last for hours.
	underWay = "SELECT COALESCE(array_agg(xid::text), '{}') FROM pg_snapshot_xip(pg_current_snapshot()) AS xid WHERE NOT EXISTS (" +
		"SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = a.datid" +
		" WHERE l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = xid::xid AND d.datname <> current_database())"
	stillThere = "SELECT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS xid WHERE xid::text = ANY ($1))"
	// A snapshot names only those whose number is under that of the last that ended: once this one has, all that have a number.
	endOne = "SELECT pg_current_xact_id()"
)

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
		there, large := false, int64(0)
		if err := conn.QueryRow(ctx, fmt.Sprintf(anyTargeted, r.table)).Scan(&there, &large); err != nil {
			return err
		}
		// Its table is empty, too, when it was stopped in endSmall and its rows stand with those of others; a version of before may have done that to
		// one that would be large now.
		small := r.engine.runs.isSmall(targeted, large, r.sweep.beside()) || !there
		if err := r.apart(ctx, conn, small); err != nil {
			return err
		}
		if small {
			return r.endSmall(ctx, conn)
		}
		if err := r.attach(ctx, conn); err != nil {
			return fmt.Errorf("bringing the codes of a run into force: %w", err)
		}
	}
	// Who declared the eligibility of someone a moment ago, before the codes were in force, may have drawn one.
	if err := waitForOthers(ctx, conn); err != nil {
		return err
	}
	r.sweep.own++
	if err := r.apart(ctx, conn, false); err != nil {
		return err
	}
	return r.finish(ctx, conn, endTarget)
}

// attach puts the table of the run with the others. For that instant nobody may read the codes of the small ones, and whoever looks for a code waits behind
// a run that waits for who reads them: a follow-up does so for a second, pg_dump for hours. So it waits for a moment only, and again.
func (r *targetRun) attach(ctx context.Context, conn *pgx.Conn) error {
	for began := time.Now(); ; {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			// First, and for longer: it is nobody's yet, but the server may be sweeping it.
			for _, sql := range []string{fmt.Sprintf(lockTarget, r.table), attachBriefly} {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, attachTarget, r.run)
			return err
		})
		r.sweep.own++
		if !locked(err) || time.Since(began) > attachFor {
			return err
		}
		if err := pause(ctx, attachEvery); err != nil {
			return err
		}
	}
}

// endSmall is the end of a run of which the codes stand with those of others, where the service may change none: what may be
// wrong with them is set right by the database.
func (r *targetRun) endSmall(ctx context.Context, conn *pgx.Conn) error {
	// If it was stopped below and goes on, there is nothing left to settle: its table was made anew, and is empty.
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
		r.sweep.own++
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
			// What is drawn instead of another run's code may be a record's. That anything was written is not told: it is too seldom to matter.
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
		whom, err := r.whom(ctx, tx)
		if err != nil {
			return err
		}
		statements, err := r.end(whom)
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

// whom reads whom the run gave a code. The last piece has no end: a code may have been carried to a record that came after the run began. Nobody
// carries one meanwhile, from a piece that was read to one that was not.
func (r *targetRun) whom(ctx context.Context, tx pgx.Tx) (*given, error) {
	if err := holdMerges(ctx, tx); err != nil {
		return nil, err
	}
	whom := newGiven()
	for after, to := int64(0), int64(0); after < r.highest; after = to {
		if to = after + r.engine.runs.part; to >= r.highest {
			to = math.MaxInt64
		}
		persons, numbers := int64(0), []byte(nil)
		if err := tx.QueryRow(ctx, selectWhom, r.run, after, to).Scan(&persons, &numbers); err != nil {
			return nil, fmt.Errorf("reading whom a run gave a code: %w", err)
		}
		if err := whom.add(persons, numbers); err != nil {
			return nil, err
		}
	}
	return whom, nil
}

// holdMerges has whoever decides that two records are one person's wait for the end of the transaction, after who is at it.
func holdMerges(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, lockEnd); err != nil {
		return fmt.Errorf("waiting for who decides that two records are one person's: %w", err)
	}
	return nil
}

// carryMerged carries codes from records that went to those that stay, and then does what is left to do with the table.
func (r *targetRun) carryMerged(ctx context.Context, tx pgx.Tx, last string) error {
	if err := holdMerges(ctx, tx); err != nil {
		return err
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

// waitForOthers waits for the end of all transactions of the database that are under way and write.
func waitForOthers(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, endOne); err != nil {
		return err
	}
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
