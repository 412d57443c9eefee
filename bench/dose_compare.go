package main

import (
	"context"
	"errors"
	"fmt"
)

// compareFiles fails when the yardstick did not write what the service wrote: as many doses and entries
// of the access log, and for the same patient the same values.
func (b *doseBench) compareFiles(ctx context.Context) error {
	ours, err := openBare(ctx, b.lab.newStorePath("doses"))
	if err != nil {
		return err
	}
	err = errors.Join(compareCounts(ours.writer, b.file.writer), compareDoses(ours.writer, b.file.writer))
	return errors.Join(err, ours.close())
}

func compareCounts(ours, yardstick *bareConn) error {
	for _, count := range []string{"SELECT count(*) FROM entry", "SELECT count(*) FROM access_log WHERE record_id <> ''", "SELECT sum(version) FROM record"} {
		a, _, err := ours.query(count)
		if err != nil {
			return err
		}
		b, _, err := yardstick.query(count)
		if err != nil {
			return err
		}
		if a[0] != b[0] {
			return fmt.Errorf("the yardstick did other work: %s is %v, and %v in its file", count, a[0], b[0])
		}
	}
	return nil
}

// compareDoses compares what was written for the first patient, but for the moments.
func compareDoses(ours, yardstick *bareConn) error {
	for _, table := range []struct{ query, moment string }{
		{"SELECT e.* FROM entry e JOIN record r ON r.num = e.record_num WHERE r.id = $1 AND e.step > 0", "signed_at"},
		{"SELECT * FROM access_log WHERE record_id = $1 ORDER BY num", "at"},
	} {
		a, err := ours.named(table.query, string(targetedID(0)))
		if err != nil {
			return err
		}
		b, err := yardstick.named(table.query, string(targetedID(0)))
		if err != nil {
			return err
		}
		for name, value := range a {
			if name != table.moment && name != "num" && value != b[name] {
				return fmt.Errorf("the yardstick wrote other values: column %s differs", name)
			}
		}
	}
	return nil
}

// named is the last row that a query finds, by the names of its columns.
func (c *bareConn) named(query string, args ...any) (map[string]any, error) {
	rows, err := c.conn.QueryContext(context.Background(), query+" LIMIT 0", args...)
	if err != nil {
		return nil, err
	}
	names, err := rows.Columns()
	if err := errors.Join(err, rows.Close()); err != nil {
		return nil, err
	}
	values, n, err := c.query(query, args...)
	if err != nil || n == 0 {
		return nil, fmt.Errorf("%d rows to compare: %w", n, err)
	}
	byName := map[string]any{}
	for i, name := range names {
		byName[name] = values[i]
	}
	return byName, nil
}
