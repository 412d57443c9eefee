package registry_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

const signs = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// TestACodeIsFoundWhateverIsPastedWithIt: programs put signs between and around characters that nobody sees, in the field of the code and in
// that of the NIR.
func TestACodeIsFoundWhateverIsPastedWithIt(t *testing.T) {
	c := registry.TargetCode(123_456_789_012_345)
	number := rt.NIR(1)
	for _, sign := range "\u200b\u200c\u200d\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u202f\u00a0\u2009\t\r\n\u2212" {
		typed := string(sign) + strings.ReplaceAll(c.Format(), "-", string(sign)) + string(sign)
		if back, err := registry.ParseCode(typed); err != nil || back != c || !registry.LooksLikeCode(typed) {
			t.Errorf("a code with %U: %v", sign, err)
		}
		typed = string(sign) + strings.Join(strings.Split(number.Digits()+number.Key(), ""), string(sign)) + string(sign)
		if back, err := nir.Parse(typed); err != nil || back != number || registry.LooksLikeCode(typed) {
			t.Errorf("a NIR with %U: %v", sign, err)
		}
	}
	// What is seen and looks alike is still another sign.
	for _, typed := range []string{"\u0410BCD-EFGH-JKM", "ABCD\u0301-EFGH-JKM"} {
		if _, err := registry.ParseCode(typed); err == nil || !strings.HasPrefix(err.Error(), "Ce code contient un caractère") {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// anyCode draws a code, the ends of the space more often than chance would.
func anyCode(t *rapid.T) registry.TargetCode {
	n := rapid.OneOf(
		rapid.Uint64Range(1, registry.CodeSpace-1), rapid.Uint64Range(1, 100),
		rapid.Uint64Range(registry.CodeSpace-100, registry.CodeSpace-1),
	).Draw(t, "code")
	return registry.TargetCode(n)
}

func TestAnyCodeReadsBackAsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCode(t)
		text := c.Compact()
		for _, typed := range []string{
			text, c.Format(), strings.ToLower(c.Format()), " " + text + "\t", "'" + text, strings.Join(strings.Split(text, ""), " "),
			strings.ReplaceAll(c.Format(), "-", "\u2011"), strings.ReplaceAll(c.Format(), "-", "\u00a0–\u202f"),
		} {
			if back, err := registry.ParseCode(typed); err != nil || back != c {
				t.Fatalf("%q: error %v", typed, err)
			}
			if !registry.LooksLikeCode(typed) {
				t.Fatalf("%q does not look like a code", typed)
			}
		}
		if len(text) != 11 || strings.Trim(text, signs) != "" {
			t.Fatalf("%q has other signs", text)
		}
	})
}

// A scanner may be set to tell first what kind of barcode it read.
func TestACodeIsReadBehindTheIdentifierOfItsSymbology(t *testing.T) {
	c := registry.TargetCode(123_456_789_012_345)
	for _, prefix := range []string{"]C0", "]C1", "]d1", " ]d2", "]D1 "} {
		if back, err := registry.ParseCode(prefix + c.Compact() + "\t"); err != nil || back != c || !registry.LooksLikeCode(prefix+c.Compact()) {
			t.Errorf("%q: %v", prefix, err)
		}
	}
	for _, typed := range []string{"]C0", "]C0]C0" + c.Compact(), "C0" + c.Compact(), c.Compact() + "]C0", "]E0" + c.Compact()} {
		if _, err := registry.ParseCode(typed); err == nil {
			t.Errorf("%q is a code", typed)
		}
	}
}

// TestCodesThatLeftWithLettersAreReadForEver holds what is printed for a number: another alphabet or check character would make errors of all codes that people have.
func TestCodesThatLeftWithLettersAreReadForEver(t *testing.T) {
	for text, c := range map[string]registry.TargetCode{
		"2222-2222-23P": 1, "ZZZZ-ZZZZ-ZZ5": registry.TargetCode(registry.CodeSpace - 1), "22K5-VWY9-5YF": 471_147_114_711,
	} {
		if back, err := registry.ParseCode(text); c.Format() != text || back != c || err != nil {
			t.Errorf("%d is %s: %v", uint64(c), c.Format(), err)
		}
	}
}

// A scanner set to the American keyboard types the keys of its letters and digits, which are others on French and Belgian keyboards.
func TestACodeIsReadFromAScannerSetToTheAmericanKeyboard(t *testing.T) {
	french := strings.NewReplacer("2", "é", "3", `"`, "4", "'", "5", "(", "6", "-", "7", "è", "8", "_", "9", "ç", "0", "à", "1", "&",
		"A", "Q", "Q", "A", "W", "Z", "Z", "W", "M", "?", "]", "$")
	belgian := strings.NewReplacer("-", "§", "_", "!")
	rapid.Check(t, func(t *rapid.T) {
		c := anyCode(t)
		typed := french.Replace(c.Compact())
		if !strings.ContainsAny(typed, `é"(èç?`) {
			t.Skip("dashes and apostrophes may be a person’s")
		}
		prefixed := french.Replace("]C1" + c.Compact())
		for _, typed := range []string{typed, typed + "\t", strings.ToUpper(typed), strings.ToLower(typed), belgian.Replace(typed), strings.ReplaceAll(typed, "?", ","), prefixed} {
			if back, err := registry.ParseCode(typed); err != nil || back != c || !registry.LooksLikeCode(typed) {
				t.Fatalf("%q: %v, %v", typed, back == c, err)
			}
		}
		wrong := []rune(typed)
		at := rapid.IntRange(0, len(wrong)-1).Draw(t, "at")
		wrong[at] = rapid.SampledFrom([]rune("BCDEFGHJKNP")).Filter(func(r rune) bool { return r != wrong[at] }).Draw(t, "sign")
		if strings.ContainsAny(string(wrong), `é"(èç?`) {
			if _, err := registry.ParseCode(string(wrong)); err == nil {
				t.Fatalf("%q is a code with a wrong sign", string(wrong))
			}
		}
	})
}

// A sign of a code that is mistyped as one of those that such a scanner types, in a code with digits, is an error as any other.
func TestOneSignOfAnotherKeyboardIsAnError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := []rune(anyCode(t).Compact())
		at := rapid.IntRange(0, len(typed)-1).Draw(t, "at")
		typed[at] = rapid.SampledFrom([]rune(`éèç&"(§!?,`)).Draw(t, "sign")
		if !strings.ContainsAny(string(typed), "0123456789") {
			t.Skip("it may be a scanner’s")
		}
		if _, err := registry.ParseCode(string(typed)); err == nil {
			t.Fatalf("%q is a code", string(typed))
		}
	})
}

// Who types a digit without Shift, or nothing but dashes and apostrophes, is told what is wrong: the letters are what they are.
func TestACodeTypedByHandIsNotReadForAnotherKeyboard(t *testing.T) {
	for _, typed := range []string{"ABCD-éFGH-JKM", "ABCD-EFGH-JK", "ABCD-EFGH-JKé", "éèç", `""`, "ABCD-EFGH-JKM,", "ABCD EFGH, JK?"} {
		if _, err := registry.ParseCode(typed); err == nil {
			t.Errorf("%q is a code", typed)
		}
	}
}

func TestEveryWrongSignAndEverySwapIsCaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := []byte(anyCode(t).Compact())
		for i, right := range typed {
			for _, wrong := range []byte(signs) {
				if typed[i] = wrong; wrong != right && accepts(typed) {
					t.Fatalf("a wrong sign at %d is accepted", i)
				}
			}
			typed[i] = right
			if i > 0 && typed[i-1] != right {
				typed[i-1], typed[i] = typed[i], typed[i-1]
				if accepts(typed) {
					t.Fatalf("signs %d and %d swapped are accepted", i-1, i)
				}
				typed[i-1], typed[i] = typed[i], typed[i-1]
			}
		}
	})
}

func accepts(typed []byte) bool {
	_, err := registry.ParseCode(string(typed))
	return err == nil
}

func TestCodesThatAreNoneAreRefused(t *testing.T) {
	const missing = "Saisissez le code de ciblage du patient."
	tests := map[string]struct{ typed, starts string }{
		"nothing":        {"", missing},
		"dashes alone":   {" -–- ", missing},
		"too short":      {"ABCD-EFGH-JK", "Un code de ciblage a 11\u00a0caractères"},
		"too long":       {strings.Repeat("A", 10_000), "Un code de ciblage a 11\u00a0caractères"},
		"a letter O":     {"ABCD-EFGH-JKO", "Ce code contient un caractère qui n’existe pas"},
		"a zero":         {"0BCD-EFGH-JKM", "Ce code contient un caractère qui n’existe pas"},
		"an accent":      {"ÀBCD-EFGH-JKM", "Ce code contient un caractère qui n’existe pas"},
		"broken UTF-8":   {"\xffBCD-EFGH-JKM", "Ce code contient un caractère qui n’existe pas"},
		"the code zero":  {"2222-2222-222", "Ce code comporte une erreur"},
		"the example":    {"ABCD-EFGH-JKM", "Ce code comporte une erreur"},
		"a full-width A": {"\uff21BCD-EFGH-JKM", "Ce code contient un caractère qui n’existe pas"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := registry.ParseCode(tt.typed)
			if !startsWith(refusal(t, err, registry.KindInvalid), tt.starts) || !c.IsZero() {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestACodeOfDigitsAloneLooksLikeACode(t *testing.T) {
	found := 0
	for n := range 1000 {
		typed := fmt.Sprintf("%010d", 2222222222+n*1000)
		for last := range signs[:8] {
			if text := typed + signs[last:last+1]; accepts([]byte(text)) {
				found++
				if !registry.LooksLikeCode(text) {
					t.Errorf("%s does not look like a code", text)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no code of digits alone was tried")
	}
}

func TestANIRDoesNotLookLikeACode(t *testing.T) {
	for _, typed := range []string{rt.NIR(1).Format(), "23456789234", "", "ABCD"} {
		if registry.LooksLikeCode(typed) {
			t.Errorf("%q looks like a code", typed)
		}
	}
}

func TestDrawnCodesAreValidAndDiffer(t *testing.T) {
	random, seen := rt.Random(7), map[registry.TargetCode]bool{}
	for range 20_000 {
		c, err := registry.DrawCode(random)
		if err != nil || !c.Valid() || seen[c] {
			t.Fatalf("error %v, valid %v, seen %v", err, c.Valid(), seen[c])
		}
		seen[c] = true
	}
	lowest, err := registry.DrawCode(bytes.NewReader(make([]byte, 64)))
	if err != nil || !lowest.Valid() {
		t.Errorf("of zeros: error %v, valid %v", err, lowest.Valid())
	}
	beyond := binary.BigEndian.AppendUint64(nil, registry.CodeSpace-1)[1:]
	again, err := registry.DrawCode(bytes.NewReader(append(beyond, make([]byte, len(beyond))...)))
	if err != nil || again != lowest {
		t.Errorf("of a number beyond the last code, then zeros: error %v, %v", err, again == lowest)
	}
	if _, err := registry.DrawCode(bytes.NewReader(nil)); err == nil {
		t.Error("a code was drawn without randomness")
	}
	if registry.TargetCode(0).Valid() || registry.TargetCode(registry.CodeSpace).Valid() {
		t.Error("a code outside the space is valid")
	}
}

// One guess among 67 million issued codes hits at most once in ten million.
func TestTheSpaceIsLargeEnough(t *testing.T) {
	if guesses := registry.CodeSpace / 67_000_000; guesses < 10_000_000 {
		t.Errorf("one guess in %d hits", guesses)
	}
}

func TestACodeNeverPrintsItself(t *testing.T) {
	c, err := registry.DrawCode(rt.Random(3))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(handler).Info("x", "code", c, "record", registry.Record{Code: c})
	}
	record := registry.Record{Code: c}
	printed := fmt.Sprintf("%v %s %+v %#v %q %x %v %+v", c, c, c, c, c, c, record, &record) + log.String()
	for _, secret := range []string{c.Compact(), c.Format(), strconv.FormatUint(uint64(c), 10), strconv.FormatUint(uint64(c), 16)} {
		if strings.Contains(printed, secret) {
			t.Errorf("the code shows in %s", printed)
		}
	}
	if _, err := json.Marshal(c); err == nil || strings.Contains(err.Error(), c.Compact()) {
		t.Errorf("JSON: %v", err)
	}
	var e *registry.Error
	wrong := c.Compact()[:10] + "?"
	if _, err := registry.ParseCode(wrong); !errors.As(err, &e) || strings.Contains(e.Error(), wrong[:10]) {
		t.Errorf("the error says %v", err)
	}
}
