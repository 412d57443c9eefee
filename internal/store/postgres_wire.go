package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The hot path speaks to the database a little below the library's own rows and batches: statements prepared
// once on each connection, values of a handful of types as the protocol carries them. Acts are many and their
// values few; looking for the way to convert each one, each time, was most of what a read cost here.

// step is a statement of an exchange. row is called for each row that it gives; touched, for how many it touched.
type step struct {
	sql     string
	values  func(types []uint32) ([][]byte, error)
	row     func(r row) error
	touched func(rows int64)
}

// row is a row as it came; its values are lent for as long as it is looked at.
type row struct {
	fields []pgconn.FieldDescription
	values [][]byte
}

// scan reads the columns from the one given on.
func (r row) scan(from int, columns []any) error {
	if len(columns) != len(r.values)-from {
		return fmt.Errorf("store: %d columns are read where there are %d", len(columns), len(r.values)-from)
	}
	for i, to := range columns {
		if err := decode(r.fields[from+i].DataTypeOID, r.values[from+i], to); err != nil {
			return fmt.Errorf("column %s: %w", r.fields[from+i].Name, err)
		}
	}
	return nil
}

// exchange sends steps in one round trip, as one transaction, and hands over what comes back. committing tells
// that the error came when all steps had been done. Where waits is given, the server tells what the steps did before it
// commits, and waits is called then.
func exchange(c *pgxpool.Conn, steps []step, waits func()) (committing bool, err error) {
	conn := c.Conn().PgConn()
	prepared := make([]*pgconn.StatementDescription, len(steps))
	for i := range steps {
		if prepared[i], err = prepare(conn, steps[i].sql); err != nil {
			return false, err
		}
	}
	sent := conn.StartPipeline(context.Background())
	for i := range steps {
		values, err := steps[i].values(prepared[i].ParamOIDs)
		if err != nil {
			return false, errors.Join(err, conn.Close(context.Background())) // half an exchange is not gone back on
		}
		sent.SendQueryStatement(prepared[i], values, binaryFormat, binaryFormat)
	}
	if waits != nil {
		sent.SendFlushRequest()
	}
	err = sent.Sync()
	for i := 0; i < len(steps) && err == nil; i++ {
		err = steps[i].receive(sent, prepared[i].Fields)
	}
	if err == nil {
		if committing = true; waits != nil {
			waits()
		}
		_, err = sent.GetResults()
	}
	if end := sent.Close(); err == nil {
		err = end
	}
	return committing, err
}

var binaryFormat = []int16{pgtype.BinaryFormatCode}

func (s *step) receive(from *pgconn.Pipeline, fields []pgconn.FieldDescription) error {
	results, err := from.GetResults()
	if err != nil {
		return err
	}
	reader, ok := results.(*pgconn.ResultReader)
	if !ok {
		return errors.New("store: the database answered something else than results")
	}
	var handed error
	for reader.NextRow() {
		if s.row != nil && handed == nil {
			handed = s.row(row{fields, reader.Values()})
		}
	}
	tag, err := reader.Close()
	if err == nil && s.touched != nil {
		s.touched(tag.RowsAffected())
	}
	return errors.Join(err, handed)
}

// preparedKey is where a connection keeps the statements prepared on it.
const preparedKey = "vaccin-prepared"

// prepare returns a statement prepared on a connection, once.
func prepare(conn *pgconn.PgConn, text string) (*pgconn.StatementDescription, error) {
	kept, _ := conn.CustomData()[preparedKey].(map[string]*pgconn.StatementDescription)
	if kept == nil {
		kept = map[string]*pgconn.StatementDescription{}
		conn.CustomData()[preparedKey] = kept
	}
	if found := kept[text]; found != nil {
		return found, nil
	}
	made, err := conn.Prepare(context.Background(), fmt.Sprintf("vaccin_%d", len(kept)), text, nil)
	if err != nil {
		return nil, err
	}
	kept[text] = made
	return made, nil
}

// encoded are the values of a statement's arguments.
func encoded(args []any) func(types []uint32) ([][]byte, error) {
	return func(types []uint32) ([][]byte, error) {
		if len(args) != len(types) {
			return nil, fmt.Errorf("store: %d arguments are given where %d are taken", len(args), len(types))
		}
		values := make([][]byte, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = encode(types[i], nil, arg); err != nil {
				return nil, err
			}
		}
		return values, nil
	}
}

var errValue = errors.New("store: a value of a type that no column takes")

// encode appends a value; nil is NULL, which is no bytes at all.
func encode(kind uint32, dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		return append(notNil(dst), text(v)...), nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return append(notNil(dst), v...), nil
	case int:
		return encodeInteger(kind, dst, int64(v))
	case int64:
		return encodeInteger(kind, dst, v)
	case bool:
		if v {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return append(notNil(dst), text(v.String())...), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return encodeInteger(kind, dst, v.Int())
	}
	return nil, errValue
}

func encodeInteger(kind uint32, dst []byte, n int64) ([]byte, error) {
	switch {
	case kind == pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(dst, uint64(n)), nil
	case kind == pgtype.Int4OID && n >= math.MinInt32 && n <= math.MaxInt32:
		return binary.BigEndian.AppendUint32(dst, uint32(n)), nil
	case kind == pgtype.Int2OID && n >= math.MinInt16 && n <= math.MaxInt16:
		return binary.BigEndian.AppendUint16(dst, uint16(n)), nil
	}
	return nil, errValue
}

// text replaces what PostgreSQL takes for no text: bytes that are not UTF-8, and the character zero. Nothing that
// people type has them.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// roomOf is how many bytes a value takes, or somewhat more.
func roomOf(value any) int {
	switch v := value.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	case nil, bool, int, int64:
		return 8
	}
	return 32
}

// encodeArray is one argument of many works, as an array.
func encodeArray(kind uint32, n int, value func(i int) any) ([]byte, error) {
	room := 20
	for i := range n {
		room += 4 + roomOf(value(i))
	}
	array := binary.BigEndian.AppendUint32(make([]byte, 0, room), 1) // one dimension
	array = binary.BigEndian.AppendUint32(array, 1)                  // NULL may be among them
	array = binary.BigEndian.AppendUint32(array, kind)
	array = binary.BigEndian.AppendUint32(array, uint32(n))
	array = binary.BigEndian.AppendUint32(array, 1) // the first has number 1
	for i := range n {
		at := len(array)
		array = append(array, 0, 0, 0, 0)
		with, err := encode(kind, array, value(i))
		if err != nil {
			return nil, err
		}
		size := uint32(math.MaxUint32) // which says NULL
		if with != nil {
			size, array = uint32(len(with)-len(array)), with
		}
		binary.BigEndian.PutUint32(array[at:], size)
	}
	return array, nil
}

var (
	errNull   = errors.New("store: a value is missing")
	errColumn = errors.New("store: a column of a type that is not read")
)

// decode reads a value of a column into what to points to; nil and skipped pass over it.
func decode(kind uint32, src []byte, to any) error {
	switch to := to.(type) {
	case nil, skipped:
		return nil
	case sql.Scanner:
		value, err := valueOf(kind, src)
		if err != nil {
			return err
		}
		return to.Scan(value)
	case *[]byte:
		*to = append([]byte(nil), src...)
		return nil
	}
	switch to := to.(type) {
	case *string:
		if *to != string(src) { // who reads row after row into one place has most of them there already
			*to = string(src)
		}
		return missing(src)
	case *int:
		n, err := integer(kind, src)
		*to = int(n)
		return err
	case *int64:
		n, err := integer(kind, src)
		*to = n
		return err
	case *bool:
		*to = len(src) == 1 && src[0] != 0
		return missing(src)
	}
	switch v := reflect.ValueOf(to).Elem(); v.Kind() {
	case reflect.Pointer: // to what may be missing
		if src == nil {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return decode(kind, src, v.Interface())
	case reflect.String:
		v.SetString(string(src))
		return missing(src)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := integer(kind, src)
		v.SetInt(n)
		return err
	}
	return pgtype.NewMap().Scan(kind, pgtype.BinaryFormatCode, src, to)
}

// missing is an error for NULL.
func missing(src []byte) error {
	if src == nil {
		return errNull
	}
	return nil
}

// valueOf is a value as database/sql would give it.
func valueOf(kind uint32, src []byte) (any, error) {
	switch kind {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.NameOID:
		if src == nil {
			return nil, nil
		}
		return string(src), nil
	case pgtype.ByteaOID:
		if src == nil {
			return nil, nil
		}
		return append([]byte{}, src...), nil
	case pgtype.BoolOID:
		if src == nil {
			return nil, nil
		}
		return len(src) == 1 && src[0] != 0, nil
	}
	if src == nil {
		return nil, nil
	}
	return integer(kind, src)
}

func integer(kind uint32, src []byte) (int64, error) {
	switch {
	case kind == pgtype.Int8OID && len(src) == 8:
		return int64(binary.BigEndian.Uint64(src)), nil
	case kind == pgtype.Int4OID && len(src) == 4:
		return int64(int32(binary.BigEndian.Uint32(src))), nil
	case kind == pgtype.Int2OID && len(src) == 2:
		return int64(int16(binary.BigEndian.Uint16(src))), nil
	}
	return 0, errColumn
}
