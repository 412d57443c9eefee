package store

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
)

// TestValuesGoToTheDatabaseAndBack sends every kind of value as one argument and in an array among others, and reads
// each back in every way in which columns are read.
func TestValuesGoToTheDatabaseAndBack(t *testing.T) {
	e := openDatabase(t, Options{}).engine.(*postgres)
	c, err := e.acquire(t.Context(), &e.writers)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	type word string
	for kind, cases := range map[string]struct {
		oid    uint32
		values []any
		want   []any
	}{
		"text": {
			pgtype.TextOID,
			[]any{"é 😀", "", word("named"), "zero\x00inside", "broken \xff\xfe", nil},
			[]any{"é 😀", "", "named", "zero\uFFFDinside", "broken \uFFFD", nil},
		},
		"bytea": {
			pgtype.ByteaOID,
			[]any{[]byte{0, 1, 0xff}, []byte{}, []byte(nil), nil},
			[]any{[]byte{0, 1, 0xff}, []byte{}, nil, nil},
		},
		"int8": {
			pgtype.Int8OID,
			[]any{0, int64(math.MinInt64), int64(math.MaxInt64), nil},
			[]any{int64(0), int64(math.MinInt64), int64(math.MaxInt64), nil},
		},
		"int4": {pgtype.Int4OID, []any{math.MinInt32, int64(math.MaxInt32), -1, nil}, []any{int64(math.MinInt32), int64(math.MaxInt32), int64(-1), nil}},
		"int2": {pgtype.Int2OID, []any{math.MinInt16, math.MaxInt16, nil}, []any{int64(math.MinInt16), int64(math.MaxInt16), nil}},
		"bool": {pgtype.BoolOID, []any{true, false, nil}, []any{true, false, nil}},
	} {
		var got, many []any
		take := func(to *[]any) func(r row) error {
			return func(r row) error {
				value := any(nil)
				err := r.scan(0, []any{scanner(func(v any) error { value = v; return nil })})
				*to = append(*to, value)
				return err
			}
		}
		var steps []step
		for _, v := range cases.values {
			steps = append(steps, step{sql: "SELECT $1::" + kind, values: encoded([]any{v}), row: take(&got)})
		}
		steps = append(steps, step{
			sql: "SELECT unnest($1::" + kind + "[])", row: take(&many),
			values: func([]uint32) ([][]byte, error) {
				array, err := encodeArray(cases.oid, len(cases.values), func(i int) any { return cases.values[i] })
				return [][]byte{array}, err
			},
		})
		if _, err := exchange(c, steps, func() {}); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if diff := cmp.Diff(cases.want, got); diff != "" {
			t.Errorf("%s, one by one (-want +got):\n%s", kind, diff)
		}
		if diff := cmp.Diff(cases.want, many); diff != "" {
			t.Errorf("%s, in an array (-want +got):\n%s", kind, diff)
		}
	}
}

// TestWhatNoColumnTakesIsRefused, before anything is sent.
func TestWhatNoColumnTakesIsRefused(t *testing.T) {
	for _, c := range []struct {
		kind  uint32
		value any
	}{
		{pgtype.Int4OID, int64(math.MaxInt32) + 1},
		{pgtype.Int2OID, math.MinInt16 - 1},
		{pgtype.TextOID, 1},
		{pgtype.Int8OID, 1.5},
		{pgtype.TextOID, struct{}{}},
	} {
		if _, err := encode(c.kind, nil, c.value); err == nil {
			t.Errorf("%T went as a value of type %d", c.value, c.kind)
		}
		if _, err := encodeArray(c.kind, 1, func(int) any { return c.value }); err == nil {
			t.Errorf("%T went into an array of type %d", c.value, c.kind)
		}
	}
}

// targetsOf are all that a column may be read into.
func targetsOf() []any {
	type word string
	type number int16
	return []any{
		new(string), new([]byte), new(int), new(int64), new(bool), new(word), new(number), new(*string), new(*int64),
		scanner(func(any) error { return nil }), nil,
	}
}

// TestWhatIsMissingIsNoValue: NULL is read as such, or refused; it is never a zero.
func TestWhatIsMissingIsNoValue(t *testing.T) {
	for kind := range arrayOf {
		for _, to := range targetsOf() {
			err := decode(kind, nil, to)
			switch to.(type) {
			case nil, scanner, *[]byte, **string, **int64:
				if err != nil {
					t.Errorf("%T does not take NULL: %v", to, err)
				}
			default:
				if err == nil {
					t.Errorf("%T took NULL for a value", to)
				}
			}
		}
	}
}

// FuzzDecode reads any bytes as a value of any type into anything: an error, perhaps, and what went out comes back.
func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{{}, {0}, {1}, {0, 1}, {0, 0, 0, 1}, {0x80, 0, 0, 0, 0, 0, 0, 0}, []byte("é"), {0xff, 0}} {
		for _, kind := range []uint32{pgtype.TextOID, pgtype.ByteaOID, pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.BoolOID, pgtype.XID8OID} {
			f.Add(kind, seed)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint32, src []byte) {
		for _, to := range targetsOf() {
			_ = decode(kind, src, to) // it may refuse
		}
		value, err := valueOf(kind, src)
		if err != nil {
			return
		}
		back, err := encode(kind, nil, value)
		if n, whole := value.(int64); whole {
			if err != nil || len(back) != len(src) || len(src) == 8 && int64(binary.BigEndian.Uint64(src)) != n {
				t.Fatalf("%x was read as %d and goes out as %x: %v", src, n, back, err)
			}
		}
		if b, bytes := value.([]byte); bytes && string(back) != string(b) {
			t.Fatalf("%x goes out as %x", b, back)
		}
	})
}
