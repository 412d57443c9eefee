package accesslog

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func anyEntry(t *rapid.T) Entry {
	e := Entry{
		Num: rapid.Int64().Draw(t, "num"), At: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "at")).UTC(),
		Version: rapid.Int64().Draw(t, "version"), Count: rapid.Int64().Draw(t, "count"),
	}
	for _, text := range e.texts() {
		*text = rapid.StringN(0, 5, -1).Draw(t, "text")
	}
	return e
}

func TestEntriesComeBackAndNoTwoAreAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := anyEntry(t), anyEntry(t)
		back, err := DecodeEntry(x.Encode())
		if err != nil || back != x {
			t.Fatalf("%+v came back as %+v: %v", x, back, err)
		}
		if (x == y) != (x.Hash() == y.Hash()) {
			t.Fatalf("%+v\n%+v", x, y)
		}
	})
}

// TestEveryFieldIsHashed changes each field of an entry in turn.
func TestEveryFieldIsHashed(t *testing.T) {
	plain := entry(1, epoch)
	for i := range reflect.TypeFor[Entry]().NumField() {
		e := plain
		switch f := reflect.ValueOf(&e).Elem().Field(i); f.Interface().(type) {
		case time.Time:
			e.At = e.At.Add(time.Microsecond)
		case int64:
			f.SetInt(f.Int() + 1)
		default:
			f.SetString(f.String() + "x")
		}
		if e.Hash() == plain.Hash() {
			t.Errorf("%s is not hashed", reflect.TypeFor[Entry]().Field(i).Name)
		}
	}
	// Text does not run over into the next field.
	x, y := plain, plain
	x.PlaceID, x.PlaceName, y.PlaceID, y.PlaceName = "ab", "c", "a", "bc"
	if x.Hash() == y.Hash() {
		t.Error("two fields run into one another")
	}
}

// TestTheEncodingStaysAsItIs holds the encoding to bytes written down: logs of years must still verify.
func TestTheEncodingStaysAsItIs(t *testing.T) {
	e := Entry{Num: 7, At: time.UnixMicro(1609747200000001).UTC(), Role: "r", Action: "é", Version: 2, Count: 3, Digest: "d", Reason: "w"}
	const want = "01" + "0000000000000007" + "0005b80e7a08c001" + "0000000000000002" + "0000000000000003" +
		"0000000172" + "00000000" + "00000000" + "00000000" + "00000000" + "00000002c3a9" + "00000000" + "00000000" + "0000000164" + "0000000177"
	if got := hex.EncodeToString(e.Encode()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(entry(1, epoch).Encode())
	f.Add([]byte{entryVersion})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		if diff := cmp.Diff(b, e.Encode()); diff != "" {
			t.Errorf("an entry has two encodings: %s", diff)
		}
	})
}
