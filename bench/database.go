package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vaccin/internal/store/postgrestest"
)

// warm reads all of both databases once, as they are after a while of use.
func (n *nation) warm() error {
	const read = "CREATE EXTENSION IF NOT EXISTS pg_prewarm; SELECT sum(pg_prewarm(oid, mode)) FROM pg_class," +
		" (VALUES ('read'), ('buffer')) m (mode) WHERE relkind IN ('r', 'i', 't', 'm') AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace"
	for _, database := range []string{n.name, n.bare.Database()} {
		if _, err := n.cluster.SQL(database, read); err != nil {
			return fmt.Errorf("warming a database: %w", err)
		}
	}
	return nil
}

// statementsSeen tells what the database did for each statement: how often, how long each, how many pages of
// memory each touched and how much log of the database each wrote.
const statementsSeen = `SELECT calls, round((total_exec_time * 1000 / calls)::numeric, 1), round((total_plan_time * 1000 / calls)::numeric, 1),
	round((shared_blks_hit + shared_blks_read + shared_blks_dirtied) ::numeric / calls, 1), round(wal_bytes / calls),
	left(regexp_replace(query, '\s+', ' ', 'g'), 110)
	FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid WHERE datname = current_database()
	AND query !~ 'pg_stat_statements' ORDER BY total_exec_time + total_plan_time DESC LIMIT 14`

// tellStatements has the service work for a while and says what its statements cost the database. A moment of work
// would tell nothing.
func (n *nation) tellStatements(ctx context.Context, l *lab, what string, connections int, long time.Duration, do turn) error {
	if l.smoke {
		long /= 4
	}
	_, err := n.cluster.SQL(n.name, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()")
	if err == nil {
		err = count(n.cluster, true)
	}
	if err != nil {
		return err
	}
	_, err = n.closed(connections, long, do)(ctx)
	if err = errors.Join(err, count(n.cluster, false)); err != nil {
		return err
	}
	rows, err := n.cluster.SQL(n.name, statementsSeen)
	if err != nil {
		return fmt.Errorf("reading what statements cost: %w", err)
	}
	l.say("%s: calls, microseconds to run and to plan, pages touched and bytes of WAL of each, the costliest first", what)
	for row := range strings.Lines(rows) {
		f := strings.SplitN(strings.TrimSpace(row), "\t", 6)
		if len(f) < 6 {
			return errors.New("a statement without its figures")
		}
		l.say("%8s %9s %7s %7s %7s  %s", f[0], f[1], f[2], f[3], f[4], f[5])
	}
	return nil
}

// count has a server count what statements cost, or no longer.
func count(cluster *postgrestest.Cluster, on bool) error {
	track := "none"
	if on {
		track = "top"
	}
	for _, statement := range []string{"ALTER SYSTEM SET pg_stat_statements.track = " + track, "ALTER SYSTEM SET pg_stat_statements.track_planning = on", "SELECT pg_reload_conf()"} {
		if _, err := cluster.SQL("postgres", statement); err != nil {
			return fmt.Errorf("counting what statements cost: %w", err)
		}
	}
	return nil
}
