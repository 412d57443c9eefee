// Package keyring holds the keys under which the store keeps identities: it seals bytes so that only
// who has the ring reads them, and makes of a number the blind index by which it is found.
//
// It is a leaf: it imports the standard library alone, knows nothing of patients or databases, and
// decides no rotation. A ring never changes: to add a key, or to take one away, makes another ring. It
// never prints itself; what shows its secrets is asked for by name ([Ring.Write]).
package keyring

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// Kind tells what a key is for. A secret serves for one kind alone.
type Kind uint8

// The kinds of keys.
const (
	SealKey  Kind = iota + 1 // encrypts what is kept
	BlindKey                 // makes what is kept findable
)

var kindNames = [...]string{SealKey: "seal", BlindKey: "blind"}

// String is the kind as files and commands write it.
func (k Kind) String() string {
	if k != SealKey && k != BlindKey {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// ParseKind reads what Kind.String wrote.
func ParseKind(text string) (Kind, error) {
	for kind := SealKey; kind <= BlindKey; kind++ {
		if text == kindNames[kind] {
			return kind, nil
		}
	}
	return 0, errors.New("a key is of the kind seal or blind")
}

// ID names a key: its kind and a number, from 1, that is not used twice.
type ID struct {
	Kind   Kind
	Number uint16
}

// String is the identifier as people see it: «seal 2».
func (id ID) String() string { return fmt.Sprintf("%v %d", id.Kind, id.Number) }

// Info is what may be told of a key.
type Info struct {
	ID
	Check   string // by which a key is recognised without its secret being told
	Current bool   // the one that seals, or blinds
}

// secretSize is the size of a key's secret, in bytes.
const secretSize = 32

// maxKeys is how many keys a ring has at most: no rotation needs more than a few.
const maxKeys = 64

var (
	// ErrNoKey is a key that the ring does not have.
	ErrNoKey = errors.New("the ring has no such key")
	// ErrBroken is sealed data that does not open: changed, cut, or moved from where it was sealed for.
	ErrBroken = errors.New("sealed data does not open")

	errOneKind = errors.New("a ring has a key of each kind, seal and blind")
)

// Ring is a set of keys, at least one of each kind, one of each kind being the current one: the one of
// the highest number, unless Using made it another. It may be used from many goroutines.
type Ring struct {
	seals  []*sealKey // the current one first
	blinds []*blindKey
}

// secret is a key as it is drawn and written.
type secret struct {
	id    ID
	bytes [secretSize]byte
}

// New draws a ring: one key of each kind.
func New(random io.Reader) (*Ring, error) {
	var secrets []secret
	for kind := SealKey; kind <= BlindKey; kind++ {
		drawn, err := draw(ID{kind, 1}, random)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, drawn)
	}
	return newRing(secrets)
}

func draw(id ID, random io.Reader) (secret, error) {
	s := secret{id: id}
	if _, err := io.ReadFull(random, s.bytes[:]); err != nil {
		return secret{}, fmt.Errorf("drawing a key: %w", err)
	}
	return s, nil
}

// newRing derives the ciphers of keys and refuses sets of keys that are none.
func newRing(secrets []secret) (*Ring, error) {
	if len(secrets) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	r := &Ring{}
	seen, bytes := map[ID]bool{}, map[[secretSize]byte]bool{}
	for _, s := range secrets {
		switch {
		case s.id.Number == 0:
			return nil, errors.New("a key of the number 0")
		case seen[s.id]:
			return nil, fmt.Errorf("two keys %v", s.id)
		case bytes[s.bytes]:
			return nil, fmt.Errorf("the secret of the key %v is another's too", s.id)
		case s.bytes == [secretSize]byte(slices.Repeat(s.bytes[:1], secretSize)):
			return nil, fmt.Errorf("the secret of the key %v was not drawn: it is one byte, repeated", s.id)
		}
		seen[s.id], bytes[s.bytes] = true, true
		if s.id.Kind == SealKey {
			r.seals = append(r.seals, newSealKey(s))
		} else {
			r.blinds = append(r.blinds, newBlindKey(s))
		}
	}
	if len(r.seals) == 0 || len(r.blinds) == 0 {
		return nil, errOneKind
	}
	slices.SortFunc(r.seals, func(a, b *sealKey) int { return int(b.id.Number) - int(a.id.Number) })
	slices.SortFunc(r.blinds, func(a, b *blindKey) int { return int(b.id.Number) - int(a.id.Number) })
	return r, nil
}

// secrets are the keys, the newest of each kind first, seal keys before blind keys.
func (r *Ring) secrets() []secret {
	all := make([]secret, 0, len(r.seals)+len(r.blinds))
	for _, k := range r.seals {
		all = append(all, k.secret)
	}
	for _, k := range r.blinds {
		all = append(all, k.secret)
	}
	slices.SortFunc(all, func(a, b secret) int {
		if a.id.Kind != b.id.Kind {
			return int(a.id.Kind) - int(b.id.Kind)
		}
		return int(b.id.Number) - int(a.id.Number)
	})
	return all
}

// Add draws one more key of a kind, of the next number, and returns the ring that has it.
func (r *Ring) Add(kind Kind, random io.Reader) (*Ring, ID, error) {
	id := ID{kind, 1}
	for _, k := range r.Keys() {
		if k.Kind == kind && k.Number >= id.Number {
			id.Number = k.Number + 1
		}
	}
	if _, err := ParseKind(kind.String()); err != nil || id.Number == 0 {
		return nil, ID{}, errors.New("no key of that kind can be added")
	}
	drawn, err := draw(id, random)
	if err != nil {
		return nil, ID{}, err
	}
	more, err := newRing(append(r.secrets(), drawn))
	return more, id, err
}

// Without returns the ring that lacks a key. A ring keeps one key of each kind.
func (r *Ring) Without(id ID) (*Ring, error) {
	if !r.Has(id) {
		return nil, fmt.Errorf("the key %v: %w", id, ErrNoKey)
	}
	return newRing(slices.DeleteFunc(r.secrets(), func(s secret) bool { return s.id == id }))
}

// Using returns the ring of the keys named alone, of which the first of each kind is the current one.
func (r *Ring) Using(ids ...ID) (*Ring, error) {
	only := &Ring{}
	for _, id := range ids {
		seal := slices.IndexFunc(r.seals, func(k *sealKey) bool { return k.id == id })
		blind := slices.IndexFunc(r.blinds, func(k *blindKey) bool { return k.id == id })
		switch {
		case seal >= 0:
			only.seals = append(only.seals, r.seals[seal])
		case blind >= 0:
			only.blinds = append(only.blinds, r.blinds[blind])
		default:
			return nil, fmt.Errorf("the key %v: %w", id, ErrNoKey)
		}
	}
	if len(only.seals) == 0 || len(only.blinds) == 0 {
		return nil, errOneKind
	}
	return only, nil
}

// Current returns the key that is used of a kind.
func (r *Ring) Current(kind Kind) ID {
	if kind == SealKey {
		return r.seals[0].id
	}
	return r.blinds[0].id
}

// Has tells whether the ring has a key.
func (r *Ring) Has(id ID) bool { return r.Check(id) != "" }

// Check is the check value of a key, 16 hexadecimal digits, or "" for a key that the ring does not have.
// Keys of equal check values are equal, and it tells nothing of the secret.
func (r *Ring) Check(id ID) string {
	for _, k := range r.Keys() {
		if k.ID == id {
			return k.Check
		}
	}
	return ""
}

// Keys tells what may be told of each key, seal keys first, the newest of a kind first.
func (r *Ring) Keys() []Info {
	infos := make([]Info, 0, len(r.seals)+len(r.blinds))
	for _, s := range r.secrets() {
		infos = append(infos, Info{ID: s.id, Check: s.check(), Current: s.id == r.Current(s.id.Kind)})
	}
	return infos
}

// hidden is all that a ring prints of itself.
const hidden = "[keys]"

// Format prints a fixed text, whatever is asked for.
func (r *Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue logs a fixed text.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText writes a fixed text.
func (r *Ring) MarshalText() ([]byte, error) { return []byte(hidden), nil }
