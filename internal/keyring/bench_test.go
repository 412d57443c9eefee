package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"testing"
)

// person is as long as an identity in the store.
var person = make([]byte, 150)

// Beside each use of the ring stands the bare call of the standard library, with everything made before.

func BenchmarkSeal(b *testing.B) {
	ring := fixed(b, 2)
	b.Run("ring", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ring.Seal(nil, person, record)
		}
	})
	b.Run("std", func(b *testing.B) {
		aead, context := bareAEAD(b), []byte(record)
		b.ReportAllocs()
		for b.Loop() {
			aead.Seal(nil, nil, person, context)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	ring := fixed(b, 2)
	b.Run("ring", func(b *testing.B) {
		sealed := ring.Seal(nil, person, record)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ring.Open(nil, sealed, record); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("std", func(b *testing.B) {
		aead, context := bareAEAD(b), []byte(record)
		sealed := aead.Seal(nil, nil, person, context)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := aead.Open(nil, nil, sealed, context); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkBlind(b *testing.B) {
	ring := fixed(b, 1)
	b.Run("ring", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ring.Blind(number)
		}
	})
	b.Run("std", func(b *testing.B) {
		mac, text := hmac.New(sha256.New, make([]byte, secretSize)), []byte(number)
		b.ReportAllocs()
		for b.Loop() {
			mac.Reset()
			mac.Write(text)
			mac.Sum(nil)
		}
	})
}

func bareAEAD(b *testing.B) cipher.AEAD {
	b.Helper()
	block, err := aes.NewCipher(make([]byte, secretSize))
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		b.Fatal(err)
	}
	return aead
}

func TestNothingIsAllocatedBesideTheResult(t *testing.T) {
	ring := fixed(t, 2)
	sealed := ring.Seal(nil, person, record)
	room := make([]byte, 0, 1024)
	for name, use := range map[string]struct {
		most float64
		f    func()
	}{
		"Seal":           {1, func() { ring.Seal(nil, person, record) }},
		"Seal into room": {0, func() { ring.Seal(room, person, record) }},
		"Open":           {1, func() { _, _ = ring.Open(nil, sealed, record) }},
		"Open into room": {0, func() { _, _ = ring.Open(room, sealed, record) }},
		"Blind":          {1, func() { ring.Blind(number) }},
		"Blinds":         {2, func() { ring.Blinds(number) }},
	} {
		if got := testing.AllocsPerRun(200, use.f); got > use.most && !raceEnabled {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
}
