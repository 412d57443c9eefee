package nir_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/nir"
)

// worked is the number whose key the official documents work out: 80.
const worked = "2690549588157"

func TestParseReadsWhatPeopleType(t *testing.T) {
	tests := []struct {
		name, typed, digits, key string
	}{
		{"no separator", "269054958815780", worked, "80"},
		{"as on the card", "2 69 05 49 588 157 80", worked, "80"},
		{"a space before and after", " 269054958815780\r\n", worked, "80"},
		{"non-breaking and narrow spaces", "2\u00a069\u202f05\u200949\u3000588 157 80", worked, "80"},
		{"tabs", "2\t69\t05\t49\t588\t157\t80", worked, "80"},
		{"dashes of all kinds", "2-69\u201005\u201149\u2013588\u2014157\u221280", worked, "80"},
		{"full stops", "2.69.05.49.588.157.80", worked, "80"},
		{"invisible characters of pasted text", "\ufeff2\u200b69\u00ad05\u206049588157\u200e80", worked, "80"},
		{"southern Corsica", "1 85 06 2A 004 123 72", "185062A004123", "72"},
		{"southern Corsica in lower case", "185062a00412372", "185062A004123", "72"},
		{"northern Corsica", "1 85 06 2B 033 123 05", "185062B033123", "05"},
		{"northern Corsica in lower case", "185062b03312305", "185062B033123", "05"},
		{"letter set apart by a dash", "1-85-06-2-b-033-123-05", "185062B033123", "05"},
		{"provisional without key", "7 85 06 75 116 001", "7850675116001", "66"},
		{"provisional of 3 without key", "3 69 05 49 588 157", "3690549588157", "30"},
		{"provisional of 4 without key", "4 69 05 49 588 157", "4690549588157", "77"},
		{"provisional of 4 with key", "4 69 05 49 588 157 77", "4690549588157", "77"},
		{"provisional with key", "7 85 06 75 116 001 66", "7850675116001", "66"},
		{"a body's own number without key or known month", "5 85 13 00 000 000", "5851300000000", "61"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := nir.Parse(tt.typed)
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if got.Digits() != tt.digits || got.Key() != tt.key {
				t.Errorf("got %s key %s, want %s key %s", got.Digits(), got.Key(), tt.digits, tt.key)
			}
			back, err := nir.FromDigits(got.Digits())
			if err != nil || back != got {
				t.Errorf("FromDigits gave another number (error %v)", err)
			}
		})
	}
}

func TestParseRefusesAndSaysWhy(t *testing.T) {
	tests := []struct {
		name, typed string
		want        nir.Error
	}{
		{"nothing", "", nir.Error{Kind: nir.Empty}},
		{"spaces and dashes alone", " \u00a0-\u2013. ", nir.Error{Kind: nir.Empty}},
		{"one digit", "2", nir.Error{Kind: nir.TooShort, Count: 1}},
		{"twelve", "2 69 05 49 588 15", nir.Error{Kind: nir.TooShort, Count: 12}},
		{"no key, a man", "1 69 05 49 588 157", nir.Error{Kind: nir.MissingKey}},
		{"no key, a woman", "2 69 05 49 588 157", nir.Error{Kind: nir.MissingKey}},
		{"half a key, provisional of 3", "3 69 05 49 588 157 8", nir.Error{Kind: nir.TooShort, Count: 14}},
		{"wrong key, provisional of 3", "3 69 05 49 588 157 81", nir.Error{Kind: nir.WrongKey}},
		{"impossible month, provisional of 4", "4 69 13 49 588 157", nir.Error{Kind: nir.BadMonth}},
		{"half a key", "2 69 05 49 588 157 8", nir.Error{Kind: nir.TooShort, Count: 14}},
		{"half a key, provisional", "7 69 05 49 588 157 8", nir.Error{Kind: nir.TooShort, Count: 14}},
		{"sixteen", "2 69 05 49 588 157 80 1", nir.Error{Kind: nir.TooLong, Count: 16}},
		{"typed twice", strings.Repeat("269054958815780", 2), nir.Error{Kind: nir.TooLong, Count: 30}},
		{"ten thousand digits", strings.Repeat("1", 10_000), nir.Error{Kind: nir.TooLong, Count: 10_000}},
		{"letter O for zero", "2 69 O5 49 588 157 80", nir.Error{Kind: nir.BadCharacter, Position: 4}},
		{"small l for one", "l 69 05 49 588 157 80", nir.Error{Kind: nir.BadCharacter, Position: 1}},
		{"words", "Durand", nir.Error{Kind: nir.BadCharacter, Position: 1}},
		{"digit of another script", "2 69 05 49 588 157 8\u0660", nir.Error{Kind: nir.BadCharacter, Position: 15}},
		{"full-width digit", "\uff12 69 05 49 588 157 80", nir.Error{Kind: nir.BadCharacter, Position: 1}},
		{"accented letter whose low byte is a digit", "\u0131 69 05", nir.Error{Kind: nir.BadCharacter, Position: 1}},
		{"a null", "2 69 05\x0049 588 157 80", nir.Error{Kind: nir.BadCharacter, Position: 6}},
		{"an escape", "2 69 05 49\x1b[31m", nir.Error{Kind: nir.BadCharacter, Position: 8}},
		{"broken UTF-8", "2 69 05 49 \xff", nir.Error{Kind: nir.BadCharacter, Position: 8}},
		{"markup", "<b>2690549588157", nir.Error{Kind: nir.BadCharacter, Position: 1}},
		{"signs", "+2 69 05 49 588 157 80", nir.Error{Kind: nir.BadCharacter, Position: 1}},
		{"slashes", "2/69/05/49/588/157/80", nir.Error{Kind: nir.BadCharacter, Position: 2}},
		{"2C is no department", "1 85 06 2C 004 123 59", nir.Error{Kind: nir.BadCharacter, Position: 7}},
		{"letter elsewhere", "1 85 06 A2 004 123 59", nir.Error{Kind: nir.BadCharacter, Position: 6}},
		{"letter in the key", "1 85 06 2A 004 123 8A", nir.Error{Kind: nir.BadCharacter, Position: 15}},
		{"1A is no department", "1 85 06 1A 004 123 59", nir.Error{Kind: nir.BadDepartment}},
		{"1A is no department, provisional", "7 85 06 1A 004 123", nir.Error{Kind: nir.BadDepartment}},
		{"wrong key", "2 69 05 49 588 157 81", nir.Error{Kind: nir.WrongKey}},
		{"key 00", "2 69 05 49 588 157 00", nir.Error{Kind: nir.WrongKey}},
		{"wrong key, provisional", "7 85 06 75 116 001 50", nir.Error{Kind: nir.WrongKey}},
		{"2A with the key of 2B", "1 85 06 2A 004 123 02", nir.Error{Kind: nir.WrongKey}},
		{"first digit 0", "0 69 05 49 588 157", nir.Error{Kind: nir.BadFirstDigit}},
		{"first digit 9 with key", "9 69 05 49 588 157 80", nir.Error{Kind: nir.BadFirstDigit}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := nir.Parse(tt.typed)
			if !got.IsZero() {
				t.Error("a number came with the error")
			}
			var e *nir.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %T, want *nir.Error", err)
			}
			if diff := cmp.Diff(tt.want, *e); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// keyed gives the number its right key, whatever its shape.
func keyed(t *testing.T, digits string) string {
	t.Helper()
	remainder := 0
	numeric := strings.NewReplacer("2A", "19", "2B", "18").Replace(digits)
	for _, c := range numeric {
		remainder = (remainder*10 + int(c-'0')) % 97
	}
	k := 97 - remainder
	return digits + string([]byte{'0' + byte(k/10), '0' + byte(k%10)})
}

func TestMonths(t *testing.T) {
	for m := range 100 {
		month := string([]byte{'0' + byte(m/10), '0' + byte(m%10)})
		want := m >= 1 && m <= 12 || m == 20 || m >= 30 && m <= 42 || m >= 50 && m <= 99
		_, err := nir.Parse(keyed(t, "185"+month+"75116001"))
		if (err == nil) != want {
			t.Errorf("month %s: error %v, want accepted %v", month, err, want)
		}
		if !want {
			wantKind(t, err, nir.BadMonth)
		}
	}
}

func TestDepartments(t *testing.T) {
	for d := range 100 {
		department := string([]byte{'0' + byte(d/10), '0' + byte(d%10)})
		_, err := nir.Parse(keyed(t, "18506"+department+"116001"))
		if d == 0 {
			wantKind(t, err, nir.BadDepartment)
		} else if err != nil {
			t.Errorf("department %s is refused: %v", department, err)
		}
	}
}

func TestCommuneIsFreeAndOrderIsNotZero(t *testing.T) {
	if _, err := nir.Parse(keyed(t, "1850699000001")); err != nil {
		t.Errorf("commune 000 is refused: %v", err)
	}
	_, err := nir.Parse(keyed(t, "1850675116000"))
	wantKind(t, err, nir.BadOrder)
}

func TestKeyRunsFrom01To97(t *testing.T) {
	seen := map[string]bool{}
	for order := 1; order <= 999; order++ {
		digits := "1850675116" + string([]byte{'0' + byte(order/100), '0' + byte(order/10%10), '0' + byte(order%10)})
		n, err := nir.FromDigits(digits)
		if err != nil {
			t.Fatal(err)
		}
		seen[n.Key()] = true
	}
	if len(seen) != 97 || seen["00"] || !seen["01"] || !seen["97"] || seen["98"] {
		t.Errorf("%d keys seen, want the 97 from 01 to 97", len(seen))
	}
}

func TestFromDigitsReadsOnlyWhatDigitsGives(t *testing.T) {
	tests := []struct {
		name, digits string
		want         nir.Error
	}{
		{"nothing", "", nir.Error{Kind: nir.Empty}},
		{"short", "269054958815", nir.Error{Kind: nir.TooShort, Count: 12}},
		{"with its key", "269054958815780", nir.Error{Kind: nir.TooLong, Count: 15}},
		{"a space", "2 69054958815", nir.Error{Kind: nir.BadCharacter, Position: 2}},
		{"lower case", "185062a004123", nir.Error{Kind: nir.BadCharacter, Position: 7}},
		{"not ASCII", "26905495881é", nir.Error{Kind: nir.BadCharacter, Position: 12}},
		{"impossible month", "2691349588157", nir.Error{Kind: nir.BadMonth}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := nir.FromDigits(tt.digits)
			var e *nir.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want *nir.Error", err)
			}
			if diff := cmp.Diff(tt.want, *e); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzParse checks on any text that Parse either gives a number that reads back
// the same, or an error whose texts hold nothing of what was typed.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "2 69 05 49 588 157 80", "185062a00412372", "7850675116001", "3690549588157", "4850675116001", "2690549588157",
		"2 69 05 49 588 157 81", "\ufeff2\u200b69", "2\u00a069\u202f05", "\xff", "0000000000000", "999999999999999",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		n, err := nir.Parse(typed)
		if err != nil {
			checkErrorTexts(t, typed, err)
			return
		}
		if n.IsZero() || len(n.Digits()) != nir.Size {
			t.Fatal("accepted, but gave no number")
		}
		for _, again := range []string{n.Digits() + n.Key(), n.Format(), strings.ToLower(n.Format())} {
			if back, err := nir.Parse(again); err != nil || back != n {
				t.Errorf("does not read back (error %v)", err)
			}
		}
		if back, err := nir.FromDigits(n.Digits()); err != nil || back != n {
			t.Errorf("FromDigits does not read back (error %v)", err)
		}
	})
}

func checkErrorTexts(t *testing.T, typed string, err error) {
	t.Helper()
	var e *nir.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T, want *nir.Error", err)
	}
	const longestQuoted = 4 // «15», «2A» and «000» stand in the messages themselves
	if len(typed) > longestQuoted && strings.ContainsAny(typed, "0123456789") &&
		(strings.Contains(e.Error(), typed) || strings.Contains(e.Message(), typed)) {
		t.Error("an error text holds what was typed")
	}
	if !utf8.ValidString(e.Message()) || e.Message() == "" {
		t.Error("no message for the person")
	}
}

func wantKind(t *testing.T, err error, want nir.Kind) {
	t.Helper()
	var e *nir.Error
	if !errors.As(err, &e) || e.Kind != want {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := nir.Parse("2 69 05 49 588 157 80"); err != nil {
			b.Fatal(err)
		}
	}
}
