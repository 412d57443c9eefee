package nir_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/nir"
)

func parse(t *testing.T, typed string) nir.Number {
	t.Helper()
	n, err := nir.Parse(typed)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return n
}

func TestNumberIsShownOnlyWhenAskedFor(t *testing.T) {
	n := parse(t, "2 69 05 49 588 157 80")
	tests := []struct{ name, got, want string }{
		{"digits", n.Digits(), "2690549588157"},
		{"key", n.Key(), "80"},
		{"format", n.Format(), "2\u00a069\u00a005\u00a049\u00a0588\u00a0157\u00a080"},
		{"masked", n.Masked(), "2\u00a069\u00a0**\u00a0**\u00a0***\u00a0***\u00a0**"},
		{"string", n.String(), "[NIR]"},
		{"zero digits", nir.Number{}.Digits(), ""},
		{"zero key", nir.Number{}.Key(), ""},
		{"zero format", nir.Number{}.Format(), ""},
		{"zero masked", nir.Number{}.Masked(), ""},
		{"zero string", nir.Number{}.String(), "[no NIR]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestZeroIsNoNumber(t *testing.T) {
	if !(nir.Number{}).IsZero() {
		t.Error("the zero value is a number")
	}
	if parse(t, "269054958815780").IsZero() {
		t.Error("a number is the zero value")
	}
}

func TestNumbersCompare(t *testing.T) {
	withKey, without := parse(t, "785067511600166"), parse(t, "7850675116001")
	if withKey != without || !withKey.Equal(without) {
		t.Error("a number typed with its key differs from the same without")
	}
	type record struct{ NIR nir.Number }
	other := parse(t, "269054958815780")
	if cmp.Diff(record{withKey}, record{without}) != "" || cmp.Equal(record{withKey}, record{other}) {
		t.Error("go-cmp does not compare numbers as == does")
	}
}

// patient stands for any value that holds numbers, exported or not.
type patient struct {
	NIR    nir.Number
	hidden nir.Number
	Ptr    *nir.Number
	List   []nir.Number
	Map    map[nir.Number]string
}

func TestNothingLeaksByAccident(t *testing.T) {
	n := parse(t, "2 69 05 49 588 157 80")
	holder := patient{NIR: n, hidden: n, Ptr: &n, List: []nir.Number{n}, Map: map[nir.Number]string{n: "x"}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%t", "%T"} {
		for _, value := range []any{n, &n, holder, &holder, []any{n}, fmt.Errorf("wrapped: %v", n)} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&out, nil),
		slog.NewJSONHandler(&out, nil),
	} {
		log := slog.New(handler)
		log.Info("number", "nir", n, "pointer", &n)
		log.Info("holder", "patient", holder, slog.Group("group", "nir", n))
		log.Info("any", slog.Any("list", holder.List))
	}
	assertNoTrace(t, out.String(), n)
}

// assertNoTrace fails when the text holds the number in a form someone, or a
// program, could read: as characters, spaced, as character codes, in hexadecimal,
// or packed as the type packs it.
func assertNoTrace(t *testing.T, text string, n nir.Number) {
	t.Helper()
	digits := n.Digits()
	forms := map[string]string{
		"digits": digits, "end of the digits": digits[5:], "format": n.Format(), "masked": n.Masked(),
		"codes": strings.Trim(fmt.Sprint([]byte(digits)), "[]"),
		"hex":   fmt.Sprintf("%x", digits),
	}
	var packed uint64
	if _, err := fmt.Sscanf(digits, "%x", &packed); err != nil {
		t.Fatal(err)
	}
	forms["packed"] = fmt.Sprint(packed)
	for name, form := range forms {
		if strings.Contains(text, form) {
			t.Errorf("the number stands in the text as %s", name)
		}
	}
}

func TestTraceIsFoundWhereThereIsOne(t *testing.T) {
	// The control of the test above: the values it looks for are those that a
	// careless type would print.
	n := parse(t, "2 69 05 49 588 157 80")
	for _, careless := range []string{n.Digits(), fmt.Sprintf("%d", []byte(n.Digits())), fmt.Sprintf("%x", n.Digits())} {
		inner := &testing.T{}
		assertNoTrace(inner, "log line: "+careless, n)
		if !inner.Failed() {
			t.Errorf("a leak passes unseen")
		}
	}
}

func TestEncodersFailRatherThanLoseANumber(t *testing.T) {
	n := parse(t, "2 69 05 49 588 157 80")
	if out, err := json.Marshal(struct{ NIR nir.Number }{n}); err == nil {
		t.Errorf("JSON gave %d bytes without an error", len(out))
	}
	if out, err := json.Marshal(map[nir.Number]int{n: 1}); err == nil {
		t.Errorf("JSON gave %d bytes for a map without an error", len(out))
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(n); err == nil {
		t.Error("gob gave no error")
	}
	//lint:ignore SA9005 that it cannot be read is what is tested
	if err := json.Unmarshal([]byte(`"269054958815780"`), &n); err == nil {
		t.Error("JSON was read into a number")
	}
}
