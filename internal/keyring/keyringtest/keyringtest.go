// Package keyringtest makes rings for tests, the same in every run. Their secrets are known to all, so
// that no program may hold them.
package keyringtest

import (
	"encoding/binary"
	"math/rand/v2"

	"vaccin/internal/keyring"
)

// random draws the same bytes in every run.
func random(seed uint64) *rand.ChaCha8 {
	var bytes [32]byte
	binary.BigEndian.PutUint64(bytes[:], seed)
	return rand.NewChaCha8(bytes)
}

// Ring is a ring of one key of each kind. Rings of one seed are the same.
func Ring(seed uint64) *keyring.Ring {
	ring, err := keyring.New(random(seed))
	if err != nil {
		panic(err) // a generator never ends
	}
	return ring
}

// With is the ring with one more key of a kind.
func With(ring *keyring.Ring, kind keyring.Kind) *keyring.Ring {
	more, _, err := ring.Add(kind, random(uint64(1000+100*len(ring.Keys()))+uint64(kind)))
	if err != nil {
		panic(err) // a generator never ends
	}
	return more
}

// Keys is a source of the ring that most tests use.
func Keys() keyring.Source { return keyring.Fixed(Ring(1)) }
