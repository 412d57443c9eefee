package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
)

// The keys of identities come from outside. The store remembers which it was written with, by number and
// check value, and which one of each kind writers must use; so servers whose files differ for a while
// agree, and one that lacks a key says so instead of finding nothing.

// ErrNoKeys is what a store that was opened without keys, for work that needs none, answers to work that
// does.
var ErrNoKeys = errors.New("store: opened without the keys of identities")

// ErrKeys is a ring that cannot serve this store: it lacks a key, or has another of the same name.
var ErrKeys = errors.New("store: the keys of identities cannot be used")

// errKeysMoved tells that the keys held are not those of the store any more; read anew, they may be.
var errKeysMoved = errors.New("store: the keys of identities have changed")

const (
	keyColumns = "kind, number, check_value, state"
	selectKeys = "SELECT " + keyColumns + " FROM identity_key ORDER BY kind, number"

	selectAnyRecord  = "SELECT 1 FROM record LIMIT 1"
	selectAnyPatient = "SELECT 1 FROM patient LIMIT 1"
	// A ring is taken on, or another in its place, as long as nothing is sealed.
	forgetKeys = "DELETE FROM identity_key WHERE NOT EXISTS (SELECT 1 FROM patient)"
	insertKey  = "INSERT INTO identity_key (" + keyColumns + ") SELECT $1, $2, $3, '" + string(KeyWriting) + "'" +
		" WHERE NOT EXISTS (SELECT 1 FROM patient) ON CONFLICT DO NOTHING"
)

// KeyState is what a store does with a key.
type KeyState string

// The states of keys, in their order.
const (
	KeyUnused  KeyState = ""        // the ring has it, the store does not know it
	KeyWriting KeyState = "writing" // what is written bears it
	KeyReading KeyState = "reading" // rows bear it still, and a rotation takes it off them
	KeyRetired KeyState = "retired" // no row bears it; its number stays taken
)

// StoredKey is a key as the store knows it.
type StoredKey struct {
	keyring.ID
	Check string
	State KeyState
}

func (k *StoredKey) columns() []any {
	return []any{asKind(&k.Kind), &k.Number, &k.Check, &k.State}
}

// asKind reads the kind of a key.
func asKind(kind *keyring.Kind) scanner {
	return func(value any) (err error) {
		text, _ := textOf(value)
		*kind, err = keyring.ParseKind(text)
		return err
	}
}

// identityKeys are the keys that the store uses, and the statements made for as many.
type identityKeys struct {
	ring *keyring.Ring // those that write are its current ones; without those that are unused or retired
	lookups
	knownBlinds []any
	writes      [keyring.BlindKey + 1]struct {
		number int
		check  string
	}
}

// blindNumber is the number of the blind key that writes.
func (k *identityKeys) blindNumber() int { return k.writes[keyring.BlindKey].number }

// fit finds the keys of the store in a ring, and refuses a ring without them.
func fit(ring *keyring.Ring, stored []StoredKey) (*identityKeys, error) {
	var problems []string
	var writing, reading []keyring.ID
	for _, k := range stored {
		switch check := ring.Check(k.ID); {
		case check == k.Check, check == "" && k.State == KeyRetired:
		case check == "":
			problems = append(problems, fmt.Sprintf("the key %v (check value %s), which the store is written with, is missing", k.ID, k.Check))
		default:
			problems = append(problems, fmt.Sprintf("the key %v is another (check value %s) than the one of the store (check value %s)", k.ID, check, k.Check))
		}
		switch k.State {
		case KeyWriting:
			writing = append(writing, k.ID)
		case KeyReading:
			reading = append(reading, k.ID)
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrKeys, strings.Join(problems, "; "))
	}
	only, err := ring.Using(slices.Concat(writing, reading)...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	k := &identityKeys{ring: only}
	for _, info := range only.Keys() {
		if info.Current {
			k.writes[info.Kind].number, k.writes[info.Kind].check = int(info.Number), info.Check
		}
		if info.Kind == keyring.BlindKey {
			k.knownBlinds = append(k.knownBlinds, int(info.Number), info.Check)
		}
	}
	k.lookups = newLookups(len(k.knownBlinds) / 2)
	return k, nil
}

// keyFailure tells apart that a key is not held, which reading the keys anew may mend, and that what was
// sealed is broken.
func keyFailure(err error) error {
	if errors.Is(err, keyring.ErrNoKey) {
		return fmt.Errorf("%w: %w", errKeysMoved, err)
	}
	return fmt.Errorf("store: an identity cannot be opened: %w", err)
}

// keyHolder holds the keys of a store and reads them anew.
type keyHolder struct {
	held atomic.Pointer[identityKeys]

	mu     sync.Mutex
	source keyring.Source
	ring   *keyring.Ring // as it last came from the source
	missed time.Time     // when it last came without a key that was needed
}

// askAgain is how long the source is not asked again for a key that it did not have: it may be a command
// that takes its time, and every search would wait for it.
const askAgain = 2 * time.Second

// takeKeys takes the keys of a store that is being opened.
func (s *Store) takeKeys(ctx context.Context, source keyring.Source) error {
	s.keys.source = source
	if source == nil {
		return nil
	}
	persons, err := s.exists(ctx, selectAnyRecord)
	if err != nil {
		return err
	}
	if s.keys.ring, err = source(ctx, !persons); err != nil {
		return fmt.Errorf("%w: %w", ErrKeys, err)
	}
	stored, err := s.StoredKeys(ctx)
	if err != nil {
		return err
	}
	held, err := fit(s.keys.ring, stored)
	if err != nil && len(stored) > 0 {
		if sealed, unknown := s.exists(ctx, selectAnyPatient); unknown != nil || sealed {
			return errors.Join(err, unknown)
		}
	}
	if err != nil {
		if held, err = s.adopt(ctx, s.keys.ring); err != nil {
			return err
		}
	}
	s.keys.held.Store(held)
	return nil
}

// errSealedMeanwhile tells that someone was sealed under other keys while these were taken on.
var errSealedMeanwhile = fmt.Errorf("%w: the store has persons, and they were written with others", ErrKeys)

// adopt makes the newest keys of a ring those of a store in which nothing is sealed.
func (s *Store) adopt(ctx context.Context, ring *keyring.Ring) (*identityKeys, error) {
	w := work{alone: true, still: true, statements: []statement{{sql: forgetKeys, quiet: true}}}
	for kind := keyring.SealKey; kind <= keyring.BlindKey; kind++ {
		id := ring.Current(kind)
		w.statements = append(w.statements, statement{
			sql:  insertKey,
			args: []any{kind.String(), int(id.Number), ring.Check(id)},
			none: []reason{{err: errSealedMeanwhile}},
		})
	}
	if err := s.write(ctx, w); err != nil && !errors.Is(err, errSealedMeanwhile) {
		return nil, fmt.Errorf("taking on keys: %w", err)
	}
	stored, err := s.StoredKeys(ctx) // another process may have been quicker, with the same ring
	if err != nil {
		return nil, err
	}
	return fit(ring, stored)
}

// StoredKeys returns the keys that the store knows.
func (s *Store) StoredKeys(ctx context.Context) ([]StoredKey, error) {
	stored, err := readAll(ctx, s, selectKeys, nil, (*StoredKey).columns)
	if err != nil {
		return nil, fmt.Errorf("reading which keys the store is written with: %w", err)
	}
	return stored, nil
}

func (s *Store) exists(ctx context.Context, sql string) (found bool, err error) {
	err = s.engine.read(ctx, query{sql: sql, row: func(func(...any) error) error {
		found = true
		return nil
	}})
	return found, err
}

// tries is how often work is begun again because the keys have moved.
const tries = 4

// withKeys calls f with the keys of the store. When f meets others, they are read anew and f called again. While
// this server lacks one, what needs it is unavailable: another server may have it, and this one will be given it.
func (s *Store) withKeys(ctx context.Context, f func(*identityKeys) error) error {
	err := s.withHeldKeys(ctx, f)
	if errors.Is(err, ErrKeys) {
		return fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
	}
	return err
}

func (s *Store) withHeldKeys(ctx context.Context, f func(*identityKeys) error) error {
	k := s.keys.held.Load()
	if k == nil {
		return ErrNoKeys
	}
	for try := 1; ; try++ {
		err := f(k)
		if !errors.Is(err, errKeysMoved) {
			return err
		}
		if try == tries {
			return fmt.Errorf("%w: %w", ErrKeys, err)
		}
		if k, err = s.refreshKeys(ctx, k); err != nil {
			return err
		}
	}
}

// refreshKeys reads the keys of the store anew, and the ring when it lacks one. It does nothing when it
// was done since stale was held.
func (s *Store) refreshKeys(ctx context.Context, stale *identityKeys) (*identityKeys, error) {
	h := &s.keys
	h.mu.Lock()
	defer h.mu.Unlock()
	if held := h.held.Load(); held != stale {
		return held, nil
	}
	stored, err := s.StoredKeys(ctx)
	if err != nil {
		return nil, err
	}
	k, err := fit(h.ring, stored)
	if err != nil && time.Since(h.missed) >= askAgain {
		ring, unavailable := h.source(ctx, false)
		if unavailable != nil {
			h.missed = time.Now()
			return nil, fmt.Errorf("%w: %w", ErrKeys, unavailable)
		}
		h.ring = ring
		if k, err = fit(ring, stored); err != nil {
			h.missed = time.Now()
		}
	}
	if err != nil {
		return nil, err
	}
	h.held.Store(k)
	return k, nil
}
