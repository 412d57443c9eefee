package vitale_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/vitale"
)

// Numbers nobody bears: the worked example, and one like it.
const (
	number = "269054958815780"
	other  = "141039912345609"
)

var (
	object = vitalesim.Object
	person = func(fields ...[]byte) []byte { return object(0x65, fields...) }
	family = func(text string) []byte { return object(0x80, []byte(text)) }
	given  = func(text string) []byte { return object(0x81, []byte(text)) }
	born   = func(text string) []byte { return object(0x82, []byte(text)) }
	nirOf  = func(text string) []byte { return object(0x93, []byte(text)) }
	join   = func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
)

var (
	alone  = person(family("DURAND"), given("ALICE"), born("19690512"))
	hers   = person(object(0x90, []byte("FR")), nirOf(number))
	aloneB = vitale.Beneficiary{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19690512", NIR: number}
)

func TestCardsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("DE LA ", 40) + "TOUR" // its template needs a length of three bytes
	for _, tt := range []struct {
		name                string
		identities, numbers []byte
		want                []vitale.Beneficiary
	}{
		{"one person", alone, hers, []vitale.Beneficiary{aloneB}},
		{
			"people pair by position", join(alone, person(family("DURAND"), given("BOB"), born("20051224"))), join(hers, person(nirOf(number))),
			[]vitale.Beneficiary{aloneB, {FamilyName: "DURAND", GivenNames: "BOB", BirthDate: "20051224", NIR: number}},
		},
		{"a lunar date stays", person(family("BENALI"), given("FATMA"), born("19421901")), hers, []vitale.Beneficiary{{FamilyName: "BENALI", GivenNames: "FATMA", BirthDate: "19421901", NIR: number}}},
		{"a date that is no figure stays", person(family("X"), born("1942 ?")), hers, []vitale.Beneficiary{{FamilyName: "X", BirthDate: "1942 ?", NIR: number}}},
		{"padding of the file", join([]byte{0, 0xFF}, alone, make([]byte, 40)), join(hers, bytes.Repeat([]byte{0xFF}, 40)), []vitale.Beneficiary{aloneB}},
		{"padding of texts", person(family("DURAND  "), given("ALICE\x00\x00"), born("19690512")), hers, []vitale.Beneficiary{aloneB}},
		{"order of fields, fields unknown", join(object(0x4F, []byte{1}), person(born("19690512"), object(0x8F, nil), given("ALICE"), family("DURAND"))), hers, []vitale.Beneficiary{aloneB}},
		{"tags of two bytes", join([]byte{0x5F, 0x2D, 2, 'f', 'r'}, alone), hers, []vitale.Beneficiary{aloneB}},
		{"places empty in both files are nobody", join(person(), alone, person()), join(person(), hers, person()), []vitale.Beneficiary{aloneB}},
		{"lengths of three bytes", person(family(long), born("19690512")), hers, []vitale.Beneficiary{{FamilyName: long, BirthDate: "19690512", NIR: number}}},
		{"Latin-1", person(family("LEF\xC8VRE"), born("19690512")), hers, []vitale.Beneficiary{{FamilyName: "LEFÈVRE", BirthDate: "19690512", NIR: number}}},
		{"UTF-8", person(family("LEFÈVRE"), born("19690512")), hers, []vitale.Beneficiary{{FamilyName: "LEFÈVRE", BirthDate: "19690512", NIR: number}}},
	} {
		got, err := vitale.Beneficiaries(tt.identities, tt.numbers)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", tt.name, err, diff)
		}
	}
}

func TestCardsThatAreNotLaidOutAsTheyShould(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][2][]byte{
		"empty":                            {nil, nil},
		"padding alone":                    {make([]byte, 64), bytes.Repeat([]byte{0xFF}, 64)},
		"an object cut":                    {alone[:len(alone)-1], hers},
		"a tag alone":                      {join(alone, []byte{0x65}), hers},
		"a number cut":                     {alone, hers[:len(hers)-4]},
		"a field longer than its template": {object(0x65, []byte{0x80, 20, 'A'}), hers},
		"a length cut":                     {join(alone, []byte{0x65, 0x82, 0x01}), hers},
		"an indefinite length":             {join(alone, []byte{0x65, 0x80, 0, 0}), hers},
		"a length of four bytes":           {join(alone, []byte{0x65, 0x83, 0, 0, 0}), hers},
		"a tag of three bytes":             {join(alone, []byte{0x5F, 0x81, 0x01, 0}), hers},
		"a person within a person":         {object(0x65, alone), hers},
		"a field twice":                    {person(family("A"), family("B"), born("19690512")), hers},
		"a number twice":                   {alone, person(nirOf(number), nirOf(other))},
		"no family name":                   {person(given("ALICE"), born("19690512")), hers},
		"a family name of spaces":          {person(family("   "), born("19690512")), hers},
		"no birth date":                    {person(family("DURAND"), given("ALICE")), hers},
		"control characters":               {person(family("DU\nRAND"), born("19690512")), hers},
		"a name that turns the text":       {person(family("DU\u202eRAND"), born("19690512")), hers},
		"more people than numbers":         {join(alone, alone), hers},
		"more numbers than people":         {alone, join(hers, hers)},
		"a number without person":          {person(), hers},
		"no numbers at all":                {alone, nil},
		"text in place of a file":          {[]byte("DURAND ALICE 19690512"), hers},
	} {
		if got, err := vitale.Beneficiaries(files[0], files[1]); err != vitale.Malformed || got != nil {
			t.Errorf("%s: %d people, %v", name, len(got), err)
		}
	}
}

func TestABadNumberIsSaidAndItsPersonKept(t *testing.T) {
	t.Parallel()
	for written, said := range map[string]string{
		"269054958815781":  "clé",
		"2690549588157":    "clé",
		"26905495881578":   "caractères",
		"":                 "ne porte pas de numéro",
		"ABCDEFGHIJKLMNO":  "pas valable",
		"2690549588157805": "caractères",
	} {
		got, err := vitale.Beneficiaries(join(alone, alone), join(person(nirOf(written)), hers))
		if err != nil || len(got) != 2 {
			t.Errorf("%q: %d people, %v", written, len(got), err)
			continue
		}
		if got[0].NIR != written || !strings.Contains(got[0].NIRProblem, said) {
			t.Errorf("%q: %q, said %q", written, got[0].NIR, got[0].NIRProblem)
		}
		if got[1].NIRProblem != "" {
			t.Errorf("%q: the neighbour's number is said to be bad: %q", written, got[1].NIRProblem)
		}
	}
}

func TestEveryProblemHasItsSentence(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, p := range []vitale.Problem{
		vitale.NoService, vitale.NoReader, vitale.NoCard, vitale.Unresponsive, vitale.NotVitale, vitale.Unreadable,
		vitale.Malformed, vitale.Removed, vitale.Busy, vitale.TooSlow,
	} {
		message := p.Message()
		if len(message) < 30 || said[message] || !strings.HasSuffix(message, ".") || strings.ContainsAny(message, "'") {
			t.Errorf("%s says %q", p, message)
		}
		said[message] = true
	}
}

func TestAPersonOnACardNeverPrintsItself(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("read", "who", aloneB)
	for _, text := range []string{fmt.Sprint(aloneB), fmt.Sprintf("%+v %#v %s %v", aloneB, aloneB, aloneB, []vitale.Beneficiary{aloneB}), logged.String()} {
		for _, secret := range []string{"DURAND", "ALICE", "19690512", number} {
			if strings.Contains(text, secret) {
				t.Errorf("%q tells of the person", text)
			}
		}
	}
}

// FuzzBeneficiaries holds the reader of cards to this, whatever a card says: it ends, it fails as Malformed
// or gives people with a name, a date and either a good number or what is wrong with it, in texts that can
// be shown; and reading those people from a card written anew gives them again.
func FuzzBeneficiaries(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add(alone, hers)
	f.Add(join(alone, alone), join(hers, hers))
	f.Add(join(alone, alone), hers)
	f.Add(alone[:9], hers)
	f.Add(object(0x65, alone), hers)
	f.Add(person(family("LEF\xC8VRE"), born("19421901")), person(nirOf("x")))
	f.Add([]byte{0x65, 0x82, 0xFF, 0xFF}, []byte{0x65, 0x84, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte{0x65, 0x80, 0x00}, []byte{0x1F})
	f.Fuzz(func(t *testing.T, identities, numbers []byte) {
		people, err := vitale.Beneficiaries(identities, numbers)
		if err != nil {
			if !errors.Is(err, vitale.Malformed) || people != nil {
				t.Fatalf("%d people and %v", len(people), err)
			}
			return
		}
		if len(people) == 0 {
			t.Fatal("nobody, and no reason")
		}
		var again []vitalesim.Person
		for _, b := range people {
			if b.FamilyName == "" || b.BirthDate == "" || b.NIRProblem == "" && len(b.NIR) != 15 {
				t.Fatalf("a person without %q %q %q", b.FamilyName, b.BirthDate, b.NIR)
			}
			for _, text := range []string{b.FamilyName, b.GivenNames, b.BirthDate, b.NIR} {
				if strings.ContainsAny(text, "\x00\n\r\t\x1b") {
					t.Fatalf("%q cannot be shown", text)
				}
			}
			again = append(again, vitalesim.Person{FamilyName: b.FamilyName, GivenNames: b.GivenNames, BirthDate: b.BirthDate, NIR: b.NIR})
		}
		card := vitalesim.Of(again...)
		reread, err := vitale.Beneficiaries(card.Identities, card.Numbers)
		if diff := cmp.Diff(people, reread); err != nil || diff != "" {
			t.Fatalf("read again: %v\n%s", err, diff)
		}
	})
}
