package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// An identifier of a record is drawn, or it tells the number of its record, as it does for the tens of millions of a first import: they
// are found by the index of numbers, and the index of identifiers has the others alone. What an identifier tells is hidden
// from who looks at it, not from who computes: its last 64 bits are drawn, so that nobody makes up another's.

const (
	// A drawn identifier shows so many bytes in two characters each.
	drawnBytes = 16
	// An identifier that tells a number has it in the first bytes, under the first of the others, which are drawn.
	toldBytes, besideBytes = 5, 8
	tellingLength          = 2 * (toldBytes + besideBytes)
	// maxTold is the largest number that an identifier tells.
	maxTold = 1<<(8*toldBytes) - 1

	// isDrawn is true of identifiers that tell no number, in the words of their index. All are ASCII, and to count bytes costs a fifth of
	// counting characters, of which there would be a tenth of a second in each million rows that are imported.
	isDrawn = "octet_length(id) <> 26"
	// drawnID is a key of new records.
	drawnID = isDrawn + " AND id"
)

// errManyRecords is a number that no identifier has room for.
var errManyRecords = errors.New("store: a record of a number beyond what its identifier tells")

// byID is a condition on the record of that alias: it is the one of recordKeys, which stand at a place and the next.
func byID(alias string, at int) string {
	id, num := "$"+strconv.Itoa(at), "$"+strconv.Itoa(at+1)
	return alias + ".num = COALESCE(" + num + ", (" + strings.Replace(selectNumber, "$1", id, 1) + ")) AND " + alias + ".id = " + id
}

// recordKeys are what byID looks for.
func recordKeys(id registry.RecordID) []any {
	if num, tells := toldNumber(id); tells {
		return []any{string(id), num}
	}
	return []any{string(id), nil}
}

// toldNumber is the number that an identifier tells. There may be no such record, or one of another identifier.
func toldNumber(id registry.RecordID) (num int64, tells bool) {
	if len(id) != tellingLength {
		return 0, false
	}
	var b [8 + besideBytes]byte
	if _, err := hex.Decode(b[8-toldBytes:], []byte(id)); err != nil {
		return 0, false
	}
	hide(b[8-toldBytes:])
	return int64(binary.BigEndian.Uint64(b[:8])), true //nolint:gosec // 40 bits
}

// hide puts a number under what is drawn, or takes it out.
func hide(b []byte) {
	for i := range toldBytes {
		b[i] ^= b[toldBytes+i]
	}
}

// tellingIDs makes identifiers that tell the numbers of records.
func tellingIDs(random io.Reader, nums func(i int) int64, n int) (string, error) {
	const size = toldBytes + besideBytes
	b, beside := make([]byte, n*size), make([]byte, n*besideBytes)
	if _, err := io.ReadFull(random, beside); err != nil {
		return "", fmt.Errorf("drawing identifiers: %w", err)
	}
	for i := range n {
		var num [8]byte
		if nums(i) > maxTold {
			return "", errManyRecords
		}
		binary.BigEndian.PutUint64(num[:], uint64(nums(i))) //nolint:gosec // not below zero
		id := b[i*size : (i+1)*size]
		copy(id, num[8-toldBytes:])
		copy(id[toldBytes:], beside[i*besideBytes:(i+1)*besideBytes])
		hide(id)
	}
	return hex.EncodeToString(b), nil
}

// drawnIDs draws identifiers that tell no number.
func drawnIDs(random io.Reader, n int) (string, error) {
	b := make([]byte, n*drawnBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("drawing identifiers: %w", err)
	}
	return hex.EncodeToString(b), nil
}
