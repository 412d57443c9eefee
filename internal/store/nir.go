package store

import (
	"errors"
	"strings"

	"vaccin/internal/keyring"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// This file alone knows how a NIR is found and how it is kept. It is found by its blind index under each
// key that records bear, one, or two during a rotation; it is kept within the sealed identity.

var (
	errNoNIR   = errors.New("store: a patient without a holder's NIR")
	errBadNIR  = errors.New("store: a stored NIR cannot be read")
	errOtherID = errors.New("store: a record's index does not go with the identity under it")
)

// nirSize is how many bytes a NIR takes: four bits a character.
const nirSize = (nir.Size + 1) / 2

// packNIR appends a NIR.
func packNIR(dst []byte, number nir.Number) []byte {
	packed := uint64(0)
	for _, c := range []byte(number.Digits()) {
		digit := uint64(c - '0')
		if c >= 'A' {
			digit = uint64(c-'A') + 10
		}
		packed = packed<<4 | digit
	}
	for i := nirSize - 1; i >= 0; i-- {
		dst = append(dst, byte(packed>>(8*i)))
	}
	return dst
}

// unpackNIR cuts off what packNIR appended.
func unpackNIR(data string) (number nir.Number, rest string, err error) {
	if len(data) < nirSize {
		return nir.Number{}, "", errBadNIR
	}
	const digits = "0123456789ABCDEF"
	var characters [2 * nirSize]byte
	for i := range nirSize {
		characters[2*i], characters[2*i+1] = digits[data[i]>>4], digits[data[i]&15]
	}
	if characters[0] != '0' { // fourteen half bytes hold thirteen characters
		return nir.Number{}, "", errBadNIR
	}
	if number, err = nir.FromDigits(string(characters[1:])); err != nil {
		return nir.Number{}, "", errBadNIR
	}
	return number, data[nirSize:], nil
}

// blind is the index of a number that is written; NULL for none.
func (k *identityKeys) blind(number nir.Number) any {
	if number.IsZero() {
		return nil
	}
	return k.ring.Blind(number.Digits())
}

// blinds are the indexes under which a number may stand, as arguments of the queries below.
func (k *identityKeys) blinds(number nir.Number) []any {
	all := k.ring.Blinds(number.Digits())
	args := make([]any, len(all))
	for i, index := range all {
		args[i] = index
	}
	return args
}

// lookups are the statements in which a NIR stands, for as many keys as records may bear.
type lookups struct {
	recordsByNIR       string // blinds
	key                string // birth date, rank, blinds
	probeKey, probeOwn string // birth date, rank, blinds; birth date, blinds
	insert, register   string // insertedArgs, then the blinds under other keys than the one that writes
	unknownBlind       string // number and check value of each blind key
}

const (
	insertedColumns = "id, version, last_change, code, blind_key, holder_key, birth_date, birth_rank, own_key"
	// The keys that writers use may be others by now: then the record would be lost under these.
	insertedRecord = "INSERT INTO record (" + insertedColumns + ") SELECT $1, 1, $2, $3, $4, $5, $6, $7, $8 WHERE " +
		"EXISTS (SELECT 1 FROM identity_key WHERE kind = 'blind' AND number = $4 AND check_value = $9 AND state = 'writing') AND " +
		"EXISTS (SELECT 1 FROM identity_key WHERE kind = 'seal' AND number = $10 AND check_value = $11 AND state = 'writing') AND " +
		"NOT EXISTS (SELECT 1 FROM target WHERE code = $3) AND NOT EXISTS (SELECT 1 FROM former_code WHERE code = $3)"
	insertedCount = 11

	probeMoved = "SELECT 1 FROM identity_key WHERE state = 'writing' AND (kind = 'blind' AND NOT (number = $1 AND check_value = $2)" +
		" OR kind = 'seal' AND NOT (number = $3 AND check_value = $4))"
)

// ownConditions are the two conditions under which the index of a person's own NIR fits: that of a record with another's number as its holder's,
// and that of a holder. record_own has the former alone, for most persons are holders, whom the index of the natural key finds. That one
// is a holder most are, and PostgreSQL takes any two columns to be the same in one row of two hundred, but what it knows nothing of in every other.
func ownConditions(record, fits string) [2]string {
	own, holder := record+".own_key", record+".holder_key"
	return [2]string{own + fits + " AND " + own + " <> " + holder, holder + fits + " AND COALESCE(" + own + " = " + holder + ", false)"}
}

// isOwn is ownConditions as one.
func isOwn(record, fits string) string {
	either := ownConditions(record, fits)
	return either[0] + " OR " + either[1]
}

func newLookups(keys int) lookups {
	keysFrom := func(first int) string { return " IN (" + placeholders(first, keys) + ")" }
	among := func(column string, first int) string { return column + keysFrom(first) }
	l := lookups{
		recordsByNIR: selectRecord + "r.num IN (SELECT num FROM record WHERE " + among("holder_key", 1) +
			" UNION SELECT num FROM record WHERE " + among("own_key", 1) + " AND own_key <> holder_key)",
		// The natural key goes before the person's own number.
		key: "SELECT id FROM record WHERE birth_date = $1 AND (" + among("holder_key", 3) + " AND birth_rank = $2 OR " + isOwn("record", keysFrom(3)) + ")" +
			" ORDER BY CASE WHEN " + among("holder_key", 3) + " AND birth_rank = $2 THEN 0 ELSE 1 END, id LIMIT 1",
		probeKey: "SELECT 1 FROM record WHERE birth_date = $1 AND birth_rank = $2 AND " + among("holder_key", 3),
		probeOwn: "SELECT 1 FROM record WHERE birth_date = $1 AND (" + isOwn("record", keysFrom(2)) + ")",
		insert:   insertedRecord,
	}
	others := ""
	if keys > 1 { // under the key that writes, the unique index sees to it
		others = placeholders(insertedCount+1, keys-1)
		l.insert += " AND NOT EXISTS (SELECT 1 FROM record known WHERE known.holder_key IN (" + others +
			") AND known.birth_date = $6 AND known.birth_rank = $7)"
		others = ", " + others
	}
	// Who is entered by hand may have a record under another holder: then the number is their own.
	l.register = l.insert + " AND NOT EXISTS (SELECT 1 FROM record known WHERE known.birth_date = $6 AND (" + isOwn("known", " IN ($5"+others+")") +
		")) ON CONFLICT DO NOTHING"
	l.insert += " ON CONFLICT DO NOTHING"

	known := make([]string, keys)
	for i := range known {
		known[i] = "NOT (number = " + placeholders(2*i+1, 1) + " AND check_value = " + placeholders(2*i+2, 1) + ")"
	}
	l.unknownBlind = "SELECT 1 FROM identity_key WHERE kind = 'blind' AND state <> 'retired' AND " + strings.Join(known, " AND ")
	return l
}

// insertedArgs are the arguments of lookups.insert and register.
func (k *identityKeys) insertedArgs(id registry.RecordID, p registry.Patient, code any, change int64) []any {
	blinds := k.blinds(p.Holder)
	args := []any{
		string(id), change, code, k.writes[keyring.BlindKey].number, blinds[0], p.BirthDate.Digits(), p.BirthRank, k.blind(p.Own),
		k.writes[keyring.BlindKey].check, k.writes[keyring.SealKey].number, k.writes[keyring.SealKey].check,
	}
	return append(args, blinds[1:]...)
}

// moved tells that writers use other keys by now.
func (k *identityKeys) moved() reason {
	blind, seal := k.writes[keyring.BlindKey], k.writes[keyring.SealKey]
	return reason{probe: probeMoved, args: []any{blind.number, blind.check, seal.number, seal.check}, err: errKeysMoved}
}

// unknown is a query that finds a row when records may bear a key that k does not have, and what was
// looked for would be missed.
func (k *identityKeys) unknown(found *bool) query {
	return query{sql: k.unknownBlind, args: k.knownBlinds, row: func(func(...any) error) error {
		*found = true
		return nil
	}}
}

// ofNumber refuses a record that is not one of a number's: what stands under its index is not its own.
func ofNumber(number nir.Number, records []registry.Record) error {
	for i := range records {
		if p := &records[i].Patient; p.Holder != number && p.Own != number {
			return errOtherID
		}
	}
	return nil
}
