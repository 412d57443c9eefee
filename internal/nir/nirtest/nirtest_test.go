package nirtest_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/nir"
	"vaccin/internal/nir/nirtest"
)

var numbers = []string{"269054958815780", "180032A00401289"}

func parse(t *testing.T, text string) nir.Number {
	t.Helper()
	number, err := nir.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// Every form is found wherever it stands among bytes that mean nothing, and nothing is found in them.
func TestEveryFormIsFound(t *testing.T) {
	noise := make([]byte, 5000)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(noise)
	for _, text := range numbers {
		number := parse(t, text)
		if found := nirtest.Find(noise, number); len(found) > 0 {
			t.Errorf("found in noise: %v", found)
		}
		seen := map[string]bool{}
		for i, form := range nirtest.Forms(number) {
			if seen[form.Name] || len(form.Bytes) < 6 {
				t.Errorf("%s comes twice, or is too short: %d bytes", form.Name, len(form.Bytes))
			}
			seen[form.Name] = true
			held := slices.Concat(noise[:37*i%4000], form.Bytes, noise[37*i%4000:])
			if !slices.Contains(nirtest.Find(held, number), form.Name) {
				t.Errorf("%s is not found", form.Name)
			}
		}
	}
}

// As others write a number, not this package.
func TestWhatOthersWriteIsFound(t *testing.T) {
	number := parse(t, "2 69 05 49 588 157 80")
	var eight [8]byte
	binary.LittleEndian.PutUint64(eight[:], 2690549588157)
	written := map[string]string{
		"plain":               "key=2690549588157;",
		"as on the card":      "2\u00a069\u00a005\u00a049\u00a0588\u00a0157\u00a080",
		"JSON":                `{"nir":269054958815780}`,
		"a bytea of a dump":   `\x` + hex.EncodeToString([]byte("2690549588157")),
		"a whole number":      string(eight[:]),
		"UTF-16":              "2\x006\x009\x000\x005\x004\x009\x005\x008\x008\x001\x005\x007\x00",
		"base64":              base64.StdEncoding.EncodeToString([]byte("2690549588157")),
		"base64 of a record":  base64.StdEncoding.EncodeToString([]byte("id;2690549588157;x")),
		"base64 of a record2": base64.URLEncoding.EncodeToString([]byte("ide;2690549588157;x")),
	}
	for name, text := range written {
		if len(nirtest.Find([]byte(text), number)) == 0 {
			t.Errorf("%s is not found: %q", name, text)
		}
	}
	for _, other := range []string{"2690549588158", "26905495881", strings.Repeat("2", 15), ""} {
		if found := nirtest.Find([]byte(other), number); len(found) > 0 {
			t.Errorf("%q holds %v", other, found)
		}
	}
}
