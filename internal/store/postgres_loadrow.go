package store

import (
	"encoding/binary"
	"math/rand/v2"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// loadWriter makes of rows the bytes that COPY takes. Its room serves one part after the other.
type loadWriter struct {
	imports        *populationImport
	sure, suspects loadedRows

	hashes      []rowHashes
	mayBeKnown  []int // rows, in their order
	left        []int // as those, that are merged in the end
	room, plain []byte
	// Families stand together: the index of a holder is often that of the row before.
	holder nir.Number
	blind  []byte
}

// loadedRows are the rows of some persons.
type loadedRows struct{ records, persons binaryRows }

func (r *loadedRows) begin() {
	r.records.begin()
	r.persons.begin()
}

func (r *loadedRows) end() {
	r.records.end()
	r.persons.end()
}

// encode makes of a part what is copied.
func (w *loadWriter) encode(part loadedPart) error {
	k := w.imports.keys
	w.sure.begin()
	w.suspects.begin()
	change, suspects, left := rand.Int64(), w.mayBeKnown, w.left
	for i := range part.Rows {
		if len(left) > 0 && left[0] == i {
			left = left[1:]
			continue
		}
		row := &part.Rows[i]
		if row.Holder.IsZero() || row.BirthDate.IsZero() {
			return errNoNIR
		}
		if row.Comorbidities>>63 != 0 {
			return errManyComorbidities
		}
		to := &w.sure
		if len(suspects) > 0 && suspects[0] == i {
			to, suspects = &w.suspects, suspects[1:]
		}
		id := part.ids[i*tellingLength : (i+1)*tellingLength]
		w.record(&to.records, k, row, id, change)
		w.person(&to.persons, k, row, registry.RecordID(id))
	}
	w.sure.end()
	w.suspects.end()
	return nil
}

func (w *loadWriter) record(r *binaryRows, k *identityKeys, row *registry.InsuredRow, id string, change int64) {
	if row.Holder != w.holder || w.blind == nil {
		w.holder, w.blind = row.Holder, k.ring.Blind(row.Holder.Digits())
	}
	var own []byte
	switch row.Own {
	case nir.Number{}:
	case row.Holder:
		own = w.blind
	default:
		own = k.ring.Blind(row.Own.Digits())
	}
	r.row(9)
	r.int64(w.imports.base + row.Line)
	r.text(id)
	r.int32(1)
	r.int64(change)
	r.data(w.blind)
	r.text(row.BirthDate.Digits())
	r.int32(row.BirthRank)
	r.int32(k.blindNumber())
	r.data(own)
}

func (w *loadWriter) person(r *binaryRows, k *identityKeys, row *registry.InsuredRow, id registry.RecordID) {
	first, last := bornBetween(row.BirthDate)
	r.row(18)
	r.int64(w.imports.base + row.Line)
	r.int64(int64(row.Conditions))
	r.int64(int64(row.Comorbidities)) //nolint:gosec // 63 bits, as was looked at
	r.int32(first)
	r.int32(last)
	r.int32(dayNumber(row.Died))
	r.int16(int(row.Residence))
	r.int16(int(row.Occupation))
	r.int16(int(row.Workplace))
	r.bytes = append(r.bytes, 0, 0, 0, 1, 0) // not by hand
	r.text(string(row.Sex))
	r.text(row.Locality.PostalCode)
	r.text(row.Locality.CommuneCode)
	r.text(registry.DepartmentOf(row.Locality.PostalCode, row.Locality.CommuneCode))
	r.text(row.Establishment)
	r.text(row.Scheme)
	w.plain = appendIdentity(w.plain[:0], &row.Patient)
	at := len(r.bytes)
	r.bytes = k.ring.Seal(append(r.bytes, 0, 0, 0, 0), w.plain, string(id))
	binary.BigEndian.PutUint32(r.bytes[at:], uint32(len(r.bytes)-at-4)) //nolint:gosec // some hundreds
	r.int64(k.told(&w.room, w.plain, row))
}

// binaryRows are rows in the binary format of COPY.
type binaryRows struct {
	bytes []byte
	count int
}

func (r *binaryRows) begin() {
	r.bytes, r.count = append(r.bytes[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), 0
}

func (r *binaryRows) end() { r.bytes = append(r.bytes, 0xff, 0xff) }

// row begins a row of so many columns.
func (r *binaryRows) row(columns int) {
	r.bytes = append(r.bytes, 0, byte(columns))
	r.count++
}

func (r *binaryRows) int64(n int64) {
	r.bytes = binary.BigEndian.AppendUint64(append(r.bytes, 0, 0, 0, 8), uint64(n)) //nolint:gosec // the same bits
}

func (r *binaryRows) int32(n int) {
	r.bytes = binary.BigEndian.AppendUint32(append(r.bytes, 0, 0, 0, 4), uint32(n)) //nolint:gosec // the same bits
}

func (r *binaryRows) int16(n int) {
	r.bytes = binary.BigEndian.AppendUint16(append(r.bytes, 0, 0, 0, 2), uint16(n)) //nolint:gosec // the same bits
}

func (r *binaryRows) text(s string) {
	r.bytes = append(binary.BigEndian.AppendUint32(r.bytes, uint32(len(s))), s...) //nolint:gosec // a cell
}

// data is bytes; nil is NULL.
func (r *binaryRows) data(b []byte) {
	if b == nil {
		r.bytes = append(r.bytes, 0xff, 0xff, 0xff, 0xff)
		return
	}
	r.bytes = append(binary.BigEndian.AppendUint32(r.bytes, uint32(len(b))), b...) //nolint:gosec // a cell
}
