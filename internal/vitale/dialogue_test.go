package vitale_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/vitale"
)

// held is a virtual card spoken to without a reader.
type held struct{ card *vitalesim.Card }

func (h held) Transmit(command []byte) ([]byte, error) { return h.card.Answer(command), nil }

// cardFunc is a card that answers as a function does.
type cardFunc func(command []byte) ([]byte, error)

func (f cardFunc) Transmit(command []byte) ([]byte, error) { return f(command) }

func TestACardOfAnyNumberOfPeopleIsRead(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 4, 5, 9, 19, 60} { // 256 bytes are passed, at 60 several times
		var people []vitalesim.Person
		var want []vitale.Beneficiary
		for i := range n {
			name := fmt.Sprintf("ENFANT %d", i)
			people = append(people, vitalesim.Person{FamilyName: "DURAND", GivenNames: name, BirthDate: "20100102", NIR: number})
			want = append(want, vitale.Beneficiary{FamilyName: "DURAND", GivenNames: name, BirthDate: "20100102", NIR: number})
		}
		got, err := vitale.ReadCard(held{vitalesim.Of(people...)})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%d people: %v\n%s", n, err, diff)
		}
	}
}

func TestFilesThatEndWhereAPieceEnds(t *testing.T) {
	t.Parallel()
	card := vitalesim.Of(vitalesim.Person{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: number})
	for _, size := range []int{255, 256, 257, 511, 512, 513, 1024} {
		padded := *card
		padded.Identities = append(bytes.Clone(card.Identities), make([]byte, size-len(card.Identities))...)
		got, err := vitale.ReadCard(held{&padded})
		if diff := cmp.Diff([]vitale.Beneficiary{aloneB}, got); err != nil || diff != "" {
			t.Errorf("a file of %d bytes: %v\n%s", size, err, diff)
		}
	}
}

func TestCardsThatDoNotPlayTheGame(t *testing.T) {
	t.Parallel()
	good := vitalesim.Of(vitalesim.Person{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: number})
	always := func(response ...byte) cardFunc {
		return func([]byte) ([]byte, error) { return bytes.Clone(response), nil }
	}
	reading := func(response ...byte) cardFunc { // a card that is sound but when its file is read
		card := *good
		return func(command []byte) ([]byte, error) {
			if command[1] == 0xB0 {
				return bytes.Clone(response), nil
			}
			return card.Answer(command), nil
		}
	}
	for _, tt := range []struct {
		name string
		card vitale.Card
		want vitale.Problem
	}{
		{"not a carte Vitale", held{&vitalesim.Card{Foreign: true}}, vitale.NotVitale},
		{"no answer", always(), vitale.Unreadable},
		{"half a status", always(0x90), vitale.Unreadable},
		{"a broken chip", always(0x6F, 0x00), vitale.Unreadable},
		{"more to come for ever, and nothing", always(0x61, 0x10), vitale.Unreadable},
		{"more to come for ever", always(append(make([]byte, 200), 0x61, 0xC8)...), vitale.Malformed},
		{"another length for ever", reading(0x6C, 0x08), vitale.Unreadable},
		{"a file protected", reading(0x69, 0x82), vitale.Unreadable},
		{"a file missing", reading(0x6A, 0x82), vitale.NotVitale},
		{"a file that starts beyond its end", reading(0x6B, 0x00), vitale.Unreadable},
		{"a file without end", reading(append(make([]byte, 256), 0x90, 0x00)...), vitale.Malformed},
		{"an empty file", reading(0x90, 0x00), vitale.Malformed},
		{"pulled out", cardFunc(func([]byte) ([]byte, error) { return nil, vitale.Removed }), vitale.Removed},
	} {
		if got, err := vitale.ReadCard(tt.card); err != tt.want || got != nil {
			t.Errorf("%s: %d people and %v, want %v", tt.name, len(got), err, tt.want)
		}
	}
}

func TestOtherWaysToAnswerAreUnderstood(t *testing.T) {
	t.Parallel()
	card := *vitalesim.Of(vitalesim.Person{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: number})
	var file []byte
	// As under T=1: selecting answers at once, and a file shorter than asked comes with a warning.
	t1 := cardFunc(func(command []byte) ([]byte, error) {
		if command[1] == 0xA4 {
			file = card.Identities
			if bytes.Equal(command[5:], vitale.NumberApplication) {
				file = card.Numbers
			}
			return []byte{0x90, 0x00}, nil
		}
		return append(bytes.Clone(file), 0x62, 0x82), nil
	})
	got, err := vitale.ReadCard(t1)
	if diff := cmp.Diff([]vitale.Beneficiary{aloneB}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWhichCardsAreKnownByTheirAnswerToReset(t *testing.T) {
	t.Parallel()
	for _, atr := range []string{"\x3B\x75\x13\x00\x00\x40\x09\xEA\x90\x00", "\x3B\x75\x13\x00\x00\x4F\x09\xEA\x90\x00"} {
		if !vitale.IsVitale([]byte(atr)) {
			t.Errorf("% X is not known", atr)
		}
	}
	for _, atr := range []string{"", "\x3B", "\x3B\x75\x13\x00\x00\x50\x09\xEA\x90\x00", "\x3B\x75\x13\x00\x00\x40\x09\xEA\x90\x00\x00", "\x3B\x75\x13\x00\x00\x40\x09\xEA\x90\x01"} {
		if vitale.IsVitale([]byte(atr)) {
			t.Errorf("% X is taken for a carte Vitale", atr)
		}
	}
}

// FuzzReadCard lets a card answer anything: reading ends, with people or a problem.
func FuzzReadCard(f *testing.F) {
	f.Add([]byte{0x61, 0x10}, uint8(2))
	f.Add(append(make([]byte, 16), 0x90, 0x00), uint8(18))
	f.Add(append(bytes.Clone(alone), 0x90, 0x00), uint8(len(alone)+2))
	f.Add([]byte{0x6C, 0x05, 0x90, 0x00}, uint8(2))
	f.Fuzz(func(t *testing.T, script []byte, piece uint8) {
		at, sent := 0, 0
		card := cardFunc(func(command []byte) ([]byte, error) {
			if sent++; sent > 20_000 || len(command) < 5 || len(command) > 5+255 {
				t.Fatalf("command %d of %d bytes", sent, len(command))
			}
			if len(script) == 0 {
				return nil, nil
			}
			end := min(at+int(piece), len(script))
			response := script[at:end:end]
			if at = end; at == len(script) {
				at = 0
			}
			return response, nil
		})
		people, err := vitale.ReadCard(card)
		if _, known := err.(vitale.Problem); (err == nil) == (len(people) == 0) || err != nil && !known {
			t.Fatalf("%d people and %v", len(people), err)
		}
	})
}
