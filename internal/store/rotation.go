package store

import (
	"context"
	"errors"
	"fmt"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
)

// A rotation changes the keys of identities while the service runs. First the newest keys of the ring
// become those that write, in an instant; from then on no row is written under others. Then every row is
// written anew under them, a few at a time, each only if it is still what was read. Interrupted anywhere
// and begun again, it ends the same.

const (
	switchFrom = "UPDATE identity_key SET state = '" + string(KeyReading) + "' WHERE kind = $1 AND state = '" + string(KeyWriting) +
		"' AND number < $2"
	// The first import of a population goes on under the keys that it began with.
	switchTo = "INSERT INTO identity_key (" + keyColumns + ") SELECT $1, $2, $3, '" + string(KeyWriting) + "' WHERE NOT EXISTS (" +
		probeLoading + ") ON CONFLICT DO NOTHING"
	probeLoading = "SELECT 1 FROM population_import WHERE first AND state <> 'finished'"

	selectLastNum = "SELECT num FROM record ORDER BY num DESC LIMIT 1"
	// What lies between two numbers and bears another key than those that write.
	selectOld = "SELECT r.num, r.id, r.blind_key, r.holder_key, r.own_key, p.sealed FROM record r JOIN patient p ON p.record_num = r.num" +
		" WHERE r.num > $1 AND r.num <= $2 AND (r.blind_key <> $3 OR substr(p.sealed, 1, 2) <> $4)"

	stillWrites = " AND EXISTS (SELECT 1 FROM identity_key WHERE kind = $1 AND number = $2 AND state = '" + string(KeyWriting) + "')"
	// The record goes before the patient, so that work which waits for records to stand still waits for both.
	blindAnew = "UPDATE record SET blind_key = $2, holder_key = $3, own_key = $4 WHERE num = $5 AND blind_key = $6 AND holder_key = $7" +
		" AND own_key IS NOT DISTINCT FROM $8" + stillWrites
	// What was told of the person was so under the key of blind indexes: under another, it is not known (factor 0).
	sealAnew = "UPDATE patient SET sealed = $3, told = told * $6 WHERE record_num = $4 AND sealed = $5" + stillWrites

	// No row is written under a key that does not write, so what is not found does not come.
	selectBlindUnder = "SELECT 1 FROM record WHERE blind_key = $1 LIMIT 1"
	selectSealUnder  = "SELECT 1 FROM patient WHERE substr(sealed, 1, 2) = $1 LIMIT 1"
	retireKey        = "UPDATE identity_key SET state = '" + string(KeyRetired) + "' WHERE kind = $1 AND number = $2 AND state = '" +
		string(KeyReading) + "'"
	selectKeyState = "SELECT state FROM identity_key WHERE kind = $1 AND number = $2"
)

var (
	// ErrKeyInUse is a key that rows still bear, or that writes.
	ErrKeyInUse = errors.New("store: the key is still in use")
	// ErrKeyTaken is a key whose number another bore before.
	ErrKeyTaken = errors.New("store: the number of the key was used before")

	// ErrKeyRetired is a key that was retired before.
	ErrKeyRetired = errors.New("store: the key is retired already")
	// ErrKeyUnused is a key that the store never used.
	ErrKeyUnused = errors.New("store: the store never used the key")
)

// rotationStep is how many numbers of records a rotation goes through at a time: so many rows at most wait
// for it, for the milliseconds that they take.
const rotationStep = 500

// Rotate makes the newest keys of the ring those that write, each with an entry of the access log that
// event makes, and brings all rows to them. It tells how many rows it wrote, and progress which part of
// the records it has been through.
func (s *Store) Rotate(ctx context.Context, event func(keyring.ID) registry.Event, progress func(part float64)) (rows int, err error) {
	held := s.keys.held.Load()
	if held == nil {
		return 0, ErrNoKeys
	}
	ring := s.keys.current()
	for kind := keyring.SealKey; kind <= keyring.BlindKey; kind++ {
		newest := ring.Current(kind)
		if int(newest.Number) <= held.writes[kind].number {
			continue
		}
		if err := s.switchTo(ctx, newest, ring.Check(newest), event(newest)); err != nil {
			return 0, fmt.Errorf("making the key %v the one that writes: %w", newest, err)
		}
	}
	if _, err := s.refreshKeys(ctx, held); err != nil {
		return 0, err
	}
	for {
		written := 0
		err := s.withKeys(ctx, func(k *identityKeys) (err error) {
			written, err = s.rewrite(ctx, k, progress)
			return err
		})
		rows += written
		if err != nil {
			return rows, fmt.Errorf("bringing rows to the new keys: %w", err)
		}
		if written == 0 {
			return rows, nil // a whole pass found nothing
		}
	}
}

// current is the ring as it last came from its source.
func (h *keyHolder) current() *keyring.Ring {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ring
}

func (s *Store) switchTo(ctx context.Context, id keyring.ID, check string, event registry.Event) error {
	logged, err := logAlways(event)
	if err != nil {
		return err
	}
	kind, number := id.Kind.String(), int(id.Number)
	return s.write(ctx, work{alone: true, still: true, statements: []statement{
		{sql: switchFrom, args: []any{kind, number}, none: []reason{{err: errKeysMoved}}},
		{sql: switchTo, args: []any{kind, number, check}, none: []reason{{probe: probeLoading, err: ErrLoading}, {err: ErrKeyTaken}}},
		logged,
	}})
}

// oldRow is a row that bears an old key.
type oldRow struct {
	num         int64
	id          registry.RecordID
	blindKey    int
	holder, own []byte
	sealed      []byte
}

func (o *oldRow) columns() []any {
	return []any{&o.num, &o.id, &o.blindKey, &o.holder, &o.own, &o.sealed}
}

// rewrite goes through all records once, and returns how many rows it wrote anew.
func (s *Store) rewrite(ctx context.Context, k *identityKeys, progress func(float64)) (written int, err error) {
	var nums []int64
	if err := s.engine.read(ctx, into(&nums, func(n *int64) []any { return []any{n} }, selectLastNum)); err != nil || len(nums) == 0 {
		return 0, err
	}
	last := nums[0]
	for from := int64(0); from < last; from += rotationStep {
		if err := ctx.Err(); err != nil {
			return written, err
		}
		n, err := s.rewritePart(ctx, k, from, from+rotationStep)
		written += n
		if err != nil {
			return written, err
		}
		if progress != nil {
			progress(float64(min(from+rotationStep, last)) / float64(last))
		}
	}
	return written, nil
}

func (s *Store) rewritePart(ctx context.Context, k *identityKeys, from, to int64) (int, error) {
	blind, seal := k.writes[keyring.BlindKey].number, k.writes[keyring.SealKey].number
	rows, err := readAll(ctx, s, selectOld, []any{from, to, blind, sealPrefix(seal)}, (*oldRow).columns)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	w := work{alone: true}
	for i := range rows {
		o, p := &rows[i], registry.Patient{}
		if err := k.open(o.id, o.sealed, &p); err != nil {
			return 0, err
		}
		told := int64(1)
		if o.blindKey != blind {
			told = 0
		}
		w.statements = append(w.statements,
			statement{quiet: true, sql: blindAnew, args: []any{
				keyring.BlindKey.String(), blind, k.blind(p.Holder), k.blind(p.Own), o.num, o.blindKey, o.holder, orNull(o.own),
			}},
			statement{quiet: true, sql: sealAnew, args: []any{
				keyring.SealKey.String(), seal, k.seal(o.id, p), o.num, o.sealed, told,
			}})
	}
	return len(rows), s.write(ctx, w)
}

func orNull(index []byte) any {
	if index == nil {
		return nil
	}
	return index
}

// sealPrefix is how data that a key sealed begins.
func sealPrefix(number int) []byte { return []byte{byte(number >> 8), byte(number)} }

// RetireKey says that a key is no longer needed, and refuses while a row bears it. It may then leave the ring.
func (s *Store) RetireKey(ctx context.Context, id keyring.ID, event registry.Event) error {
	query := query{sql: selectBlindUnder, args: []any{int(id.Number)}}
	if id.Kind == keyring.SealKey {
		query.sql, query.args = selectSealUnder, []any{sealPrefix(int(id.Number))}
	}
	inUse := false
	query.row = func(func(...any) error) error {
		inUse = true
		return nil
	}
	if err := s.engine.read(ctx, query); err != nil {
		return fmt.Errorf("looking for rows under the key %v: %w", id, err)
	}
	if inUse {
		return fmt.Errorf("%w: rows bear the key %v", ErrKeyInUse, id)
	}
	logged, err := logAlways(event)
	if err != nil {
		return err
	}
	key := []any{id.Kind.String(), int(id.Number)}
	return s.write(ctx, work{alone: true, statements: []statement{
		{sql: retireKey, args: key, none: []reason{
			{probe: selectKeyState + " AND state = '" + string(KeyWriting) + "'", args: key, err: ErrKeyInUse},
			{probe: selectKeyState, args: key, err: ErrKeyRetired},
			{err: ErrKeyUnused},
		}},
		logged,
	}})
}
