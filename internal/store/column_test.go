package store

import (
	"testing"
	"time"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
)

// FuzzColumns reads any text and number as each kind of column: an error, or a value that is written
// back as it was.
func FuzzColumns(f *testing.F) {
	for _, text := range []string{"", "2021-02-01", "2021-02-31", "19421901", "2690549588157", "é"} {
		f.Add(text, int64(len(text)))
	}
	f.Add("0000-00-00", int64(-1))
	f.Add("9999-12-31", int64(1)<<62)
	f.Fuzz(func(t *testing.T, text string, number int64) {
		var d registry.Date
		if asDay(&d)(text) == nil && (d.IsZero() || d.String() != text) {
			t.Errorf("%q is read as the day %s", text, d)
		}
		var born registry.BirthDate
		if asBirthDate(&born)(text) == nil && (born.IsZero() || born.Digits() != text) {
			t.Errorf("%q is read as a birth date", text)
		}
		var code registry.TargetCode
		if asCode(&code)(number) == nil && (!code.Valid() || int64(code) != number) {
			t.Errorf("%d is read as a code", number)
		}
		var at time.Time
		if err := asMoment(&at)(number); err != nil || at.UnixMicro() != number || at.Location() != time.UTC {
			t.Errorf("%d is read as the moment %v: %v", number, at, err)
		}
	})
}

// TestColumnsOfAnotherTypeAreErrors gives each kind of column what it never holds, NULL included.
func TestColumnsOfAnotherTypeAreErrors(t *testing.T) {
	var d registry.Date
	var born registry.BirthDate
	var kind keyring.Kind
	var code registry.TargetCode
	var at time.Time
	for name, c := range map[string]struct {
		read  scanner
		wrong []any
	}{
		"a day":            {asDay(&d), []any{nil, int64(20210201), 1.5, true}},
		"a day or none":    {asOptionalDay(&d), []any{"", int64(20210201)}},
		"a birth date":     {asBirthDate(&born), []any{nil, int64(19450615)}},
		"a kind of key":    {asKind(&kind), []any{nil, "", "sign", int64(1)}},
		"a code or none":   {asCode(&code), []any{int64(0), int64(-1), "1", 1.0, int64(registry.CodeSpace)}},
		"a moment":         {asMoment(&at), []any{nil, "2021-02-01T00:00:00Z", 1.5, time.Now()}},
		"a number or none": {(&cellOfNumber{}).Scan, []any{"", "1", 1.5, true}},
		"a text or none":   {(&cellOfText{}).Scan, []any{int64(1), 1.5, true}},
	} {
		for _, value := range c.wrong {
			if c.read.Scan(value) == nil {
				t.Errorf("%s is read from %T %v", name, value, value)
			}
		}
	}
}
