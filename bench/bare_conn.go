package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// bareConn is a connection with its prepared statements.
type bareConn struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func newBareConn(ctx context.Context, db *sql.DB) (*bareConn, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the yardstick's file: %w", err)
	}
	return &bareConn{conn, map[string]*sql.Stmt{}}, nil
}

func (c *bareConn) statement(text string) (*sql.Stmt, error) {
	if s, ok := c.prepared[text]; ok {
		return s, nil
	}
	s, err := c.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	c.prepared[text] = s
	return s, nil
}

// exec runs a statement that must touch at least so many rows.
func (c *bareConn) exec(text string, rows int64, args ...any) error {
	s, err := c.statement(text)
	if err != nil {
		return err
	}
	result, err := s.Exec(args...)
	if err != nil {
		return err
	}
	if touched, err := result.RowsAffected(); err != nil || touched < rows {
		return fmt.Errorf("%d rows touched instead of %d: %w", touched, rows, err)
	}
	return nil
}

// query returns the last row that a query finds, and how many there are; every column of each is read.
func (c *bareConn) query(text string, args ...any) (last []any, count int, err error) {
	s, err := c.statement(text)
	if err != nil {
		return nil, 0, err
	}
	rows, err := s.Query(args...)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, 0, err
	}
	last = make([]any, len(names))
	into := make([]any, len(names))
	for i := range last {
		into[i] = &last[i]
	}
	for ; rows.Next(); count++ {
		if err := rows.Scan(into...); err != nil {
			return nil, 0, err
		}
	}
	return last, count, rows.Err()
}

// lastRow is the row of a table that was inserted last, if there is one, and its columns in any case.
func (c *bareConn) lastRow(ctx context.Context, table string) (row, error) {
	rows, err := c.conn.QueryContext(ctx, "SELECT * FROM "+table+" ORDER BY rowid DESC LIMIT 1")
	if err != nil {
		return row{}, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return row{}, err
	}
	r := row{names: names, values: make([]any, len(names))}
	into := make([]any, len(names))
	for i := range into {
		into[i] = &r.values[i]
	}
	if rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return row{}, err
		}
	}
	return r, rows.Err()
}
