package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// The embedded store of the version before kept identities in clear. Its migration puts them aside in
// patient_clear; this brings them over to sealed ones, once the keys are there, and leaves nothing of them
// in the file. Interrupted anywhere, the next opening goes on: the table is dropped last.

const (
	selectClearTable = "SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'patient_clear')," +
		" EXISTS (SELECT 1 FROM record)"
	dropClear   = "DROP TABLE IF EXISTS patient_clear"
	selectClear = "SELECT r.num, r.id, r.birth_date, r.birth_rank, c.holder, c.own, c.birth_name, c.used_name, c.given_names, c.sex, c.address," +
		" c.postal_code, c.locality, c.commune_code, c.phone, c.email, c.manual" +
		" FROM patient_clear c JOIN record r ON r.num = c.record_num ORDER BY c.record_num LIMIT 1000"
	updateFromClear = "UPDATE record SET blind_key = $1, holder_key = $2, own_key = $3 WHERE num = $4"
	deleteClear     = "DELETE FROM patient_clear WHERE record_num = $1"
)

var insertFromClear = insertOf("patient", "record_num, "+patientFields+", "+insuredFields)

// errFileInUse tells that what was deleted cannot be taken out of the file.
var errFileInUse = errors.New("another process uses the file: stop it, so that NIRs in clear can be taken out of it")

// sealClear seals the identities that a file holds in clear, if any.
func sealClear(ctx context.Context, path string, k *identityKeys) (err error) {
	db, err := sql.Open("sqlite", address(path, writerSettings))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var tables, records int
	if err := conn.QueryRowContext(ctx, selectClearTable).Scan(&tables, &records); err != nil || tables == 0 {
		return err
	}
	if records == 0 { // a new store, which others may be opening too
		_, err := conn.ExecContext(ctx, dropClear)
		return err
	}
	for rows := -1; rows != 0; {
		if rows, err = k.sealSome(ctx, conn); err != nil {
			return fmt.Errorf("sealing the identities that the file holds in clear: %w", err)
		}
	}
	if err := takeOut(ctx, conn); err != nil {
		return fmt.Errorf("taking identities in clear out of the file: %w", err)
	}
	return nil
}

// clearRow is an identity in clear.
type clearRow struct {
	num         int64
	id          registry.RecordID
	holder, own []byte
	patient     registry.Patient
}

// sealSome seals some identities in one transaction and returns how many.
func (k *identityKeys) sealSome(ctx context.Context, conn *sql.Conn) (n int, err error) {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_, undone := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			err = errors.Join(err, undone)
		}
	}()
	rows, err := clearRows(ctx, conn)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		c := &rows[i]
		p := &c.patient
		told, err := insuredArgs(*p, registry.Insured{})
		if err != nil {
			return 0, err
		}
		own := []any{c.num, k.seal(c.id, *p), string(p.Sex), p.Locality.PostalCode, p.Locality.CommuneCode, p.Manual}
		for _, s := range []statement{
			{sql: insertFromClear, args: append(own, told...)},
			{sql: updateFromClear, args: []any{k.blindNumber(), k.blind(p.Holder), k.blind(p.Own), c.num}},
			{sql: deleteClear, args: []any{c.num}},
		} {
			if _, err := conn.ExecContext(ctx, s.sql, s.args...); err != nil {
				return 0, err
			}
		}
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return len(rows), err
}

func clearRows(ctx context.Context, conn *sql.Conn) (all []clearRow, err error) {
	rows, err := conn.QueryContext(ctx, selectClear)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c clearRow
		p := &c.patient
		if err := rows.Scan(&c.num, &c.id, asBirthDate(&p.BirthDate), &p.BirthRank, &c.holder, &c.own, &p.BirthName, &p.UsedName, &p.GivenNames, &p.Sex, &p.Address,
			&p.Locality.PostalCode, &p.Locality.Name, &p.Locality.CommuneCode, &p.Phone, &p.Email, &p.Manual); err != nil {
			return nil, err
		}
		if p.Holder, err = nir.FromDigits(string(c.holder)); err != nil {
			return nil, errBadNIR
		}
		if c.own != nil {
			if p.Own, err = nir.FromDigits(string(c.own)); err != nil {
				return nil, errBadNIR
			}
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// takeOut writes the file anew, so that nothing stands any more in the space that deleted rows left, and
// empties the journal, where their pages stand too.
func takeOut(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	var busy, pages, moved int
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errFileInUse
	}
	_, err := conn.ExecContext(ctx, dropClear)
	return err
}
