// Package accesslog makes tampering with the access log show (SEC-1). Entries are the leaves of a Merkle
// tree (RFC 6962), whose heads are signed at a set pace and sent off the machine; Verify holds a log
// against its heads and says what is wrong and where. It is a leaf that knows no database and no domain,
// so that an auditor verifies with this package alone what they were given.
package accesslog

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a hash of the tree: of a leaf, of a subtree or of the whole.
type Hash = tlog.Hash

// Entry is an entry of the access log as it is hashed: every field of the store's row, its number
// included, so that a row put in another's place is another entry. It holds no name, NIR or code of a
// patient.
type Entry struct {
	Num        int64     // of the row in the store
	At         time.Time // to the microsecond
	Role       string
	NationalID string
	PlaceID    string
	PlaceName  string
	Door       string
	Action     string
	Record     string
	Outcome    string
	Version    int64
	Count      int64
	Digest     string
	Reason     string
}

// ActionRetire is the action of the entry that tells that old entries were removed for their age. Its
// Count and Digest are those of a Retirement.
const ActionRetire = "retire-log"

// entryVersion begins every encoded entry. Another list of fields takes another version.
const entryVersion = 1

// maxText bounds what is read of one field.
const maxText = 1 << 20

var errEntry = errors.New("accesslog: these bytes are no entry")

// texts are the fields of text in the order in which they are encoded.
func (e *Entry) texts() [10]*string {
	return [...]*string{
		&e.Role, &e.NationalID, &e.PlaceID, &e.PlaceName, &e.Door, &e.Action, &e.Record, &e.Outcome, &e.Digest, &e.Reason,
	}
}

// Encode returns the one encoding of an entry: a version, four numbers of eight bytes, and each text after
// its length, so that no two entries have the same bytes.
func (e Entry) Encode() []byte {
	size := 1 + 4*8
	for _, text := range e.texts() {
		size += 4 + len(*text)
	}
	return e.appendTo(make([]byte, 0, size))
}

// appendTo appends the encoding.
func (e *Entry) appendTo(b []byte) []byte {
	b = append(b, entryVersion)
	for _, n := range [...]int64{e.Num, e.At.UnixMicro(), e.Version, e.Count} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range e.texts() {
		b = binary.BigEndian.AppendUint32(b, uint32(len(*text)))
		b = append(b, *text...)
	}
	return b
}

// DecodeEntry reads what Encode wrote, and nothing else.
func DecodeEntry(b []byte) (e Entry, err error) {
	if len(b) < 1+4*8 || b[0] != entryVersion {
		return Entry{}, errEntry
	}
	b = b[1:]
	var at int64
	for _, n := range [...]*int64{&e.Num, &at, &e.Version, &e.Count} {
		*n, b = int64(binary.BigEndian.Uint64(b)), b[8:]
	}
	e.At = time.UnixMicro(at).UTC()
	for _, text := range e.texts() {
		if len(b) < 4 {
			return Entry{}, errEntry
		}
		size := binary.BigEndian.Uint32(b)
		if b = b[4:]; size > maxText || int(size) > len(b) {
			return Entry{}, errEntry
		}
		*text, b = string(b[:size]), b[size:]
	}
	if len(b) != 0 {
		return Entry{}, errEntry
	}
	return e, nil
}

// Hash is the entry's leaf hash.
func (e Entry) Hash() Hash { return new(Hasher).Hash(&e) }

// Hasher hashes entries one after another in the same memory.
type Hasher struct{ content []byte }

// leafPrefix comes before what a leaf hashes, so that no leaf is a node (RFC 6962, 2.1).
const leafPrefix = 0

// Hash is the leaf hash of an entry.
func (h *Hasher) Hash(e *Entry) Hash {
	h.content = e.appendTo(append(h.content[:0], leafPrefix))
	return sha256.Sum256(h.content)
}

// under is the entry as it would be in the row of another number.
func (e Entry) under(num int64) Entry {
	e.Num = num
	return e
}
