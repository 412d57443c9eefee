package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vaccin/bench/yardstick"
)

// measuredTable is a table, what a row of it is, and how many a person has. Where a row holds many, many is how many it
// holds, in SQL.
type measuredTable struct {
	table, of string
	each      float64
	many      string
}

var (
	ourTables = []measuredTable{
		{table: "record", of: "person", each: 1},
		{table: "patient", of: "identity of a person", each: 1},
		{table: "entry", of: "declaration or dose", each: 2},
		{table: "access_log", of: "access log entry", each: 1},
		{table: "log_run", of: "its leaf in the tree", each: 1, many: "length(hashes) / 32"},
	}
	bareTables = []measuredTable{
		{table: "person", of: "person", each: 1},
		{table: "immunization", of: "dose", each: 1},
		{table: "access_log", of: "access log entry", each: 1},
	}
)

// rowSize is what a row of a table takes on average, in bytes.
type rowSize struct {
	of          string
	rows        int
	bare, whole float64 // without and with indexes
}

// benchNationalSize is (pe): what persons, doses and entries of the access log take on the disk.
func benchNationalSize(ctx context.Context, l *lab) (v verdict, err error) {
	n, err := l.nation(ctx, million(l))
	if err != nil {
		return v, err
	}
	// The yardstick's persons have no dose yet when this runs alone.
	if _, err := n.bare.Run(yardstick.Load{Script: yardstick.Dose, Clients: 8, For: pick(l, 5*time.Second, time.Second)}); err != nil {
		return v, err
	}
	totals := [2]float64{}
	for i, side := range []struct {
		name, database string
		tables         []measuredTable
	}{{"ours", n.name, ourTables}, {"yardstick", n.bare.Database(), bareTables}} {
		for _, table := range side.tables {
			s, found, err := n.sizeOf(side.database, table)
			if err != nil {
				return v, err
			}
			if !found {
				continue
			}
			l.say("%-10s %-22s %6.0f bytes, %6.0f with its indexes (%d rows)", side.name, s.of, s.bare, s.whole, s.rows)
			totals[i] += table.each * s.whole
		}
	}
	return verdict{ratio: totals[0] / totals[1], comment: "bytes of a person with a declaration, a dose and an access log entry, over the yardstick's"}, nil
}

// sizeOf measures a table after a vacuum, with all its partitions. One that is not there is not found.
func (n *nation) sizeOf(database string, t measuredTable) (s rowSize, found bool, err error) {
	known, err := n.cluster.SQL(database, "SELECT to_regclass('"+t.table+"') IS NOT NULL")
	if err != nil || known != "t" {
		return s, false, err
	}
	if _, err := n.cluster.SQL(database, "VACUUM "+t.table); err != nil {
		return s, false, err
	}
	many := "1"
	if t.many != "" {
		many = t.many
	}
	// What PostgreSQL keeps aside of long rows is theirs.
	out, err := n.cluster.SQL(database, "SELECT (SELECT sum("+many+") FROM "+t.table+"), sum(pg_table_size(relid)), sum(pg_total_relation_size(relid))"+
		" FROM (SELECT relid FROM pg_partition_tree('"+t.table+"') WHERE isleaf UNION SELECT '"+t.table+"'::regclass) parts")
	if err != nil {
		return s, false, err
	}
	var figures [3]float64
	for i, text := range strings.Split(out, "\t") {
		if figures[i], err = strconv.ParseFloat(text, 64); err != nil {
			return s, false, fmt.Errorf("measuring a table: %w", err)
		}
	}
	rows := max(1, figures[0])
	return rowSize{t.of, int(figures[0]), figures[1] / rows, figures[2] / rows}, true, nil
}
