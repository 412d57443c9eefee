package document

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// reckoned is a sheaf as the ledger tells it.
type reckoned struct {
	first    int     // number of its first object, the stream of all others
	stream   int64   // where that one stands
	contents []int64 // where the letters' contents stand
	objects  []int   // how many objects each letter has in the stream
}

// node are the sheaf's objects that the trees name: they stand last in its stream.
func (s reckoned) node() (pages, group, parents int) { return s.first + 1, s.first + 2, s.first + 3 }

// reckon visits all sheaves in order. What it hands over holds until the next one.
func (f *lettersFile) reckon(visit func(reckoned)) {
	s := reckoned{}
	ledger, number, at := f.ledger, f.sheavesFrom, f.sheavesAt
	read := func() int64 {
		value, n := binary.Uvarint(ledger)
		ledger = ledger[n:]
		return int64(value)
	}
	for left := f.count; left > 0; left -= len(s.contents) {
		s.first, s.contents, s.objects = number, s.contents[:0], s.objects[:0]
		number += 4
		for range min(sheafSize, left) {
			s.contents = append(s.contents, at)
			at += read()
			s.objects = append(s.objects, int(read()))
			number += 1 + s.objects[len(s.objects)-1]
		}
		s.stream = at
		at += read()
		visit(s)
	}
}

// finish writes what names the sheaves, the description of the document and the cross-reference stream.
func (f *lettersFile) finish() error {
	if len(f.sheaf.letters) > 0 {
		f.bind()
	}
	var pages, groups, parents []byte
	f.reckon(func(s reckoned) {
		page, group, parent := s.node()
		pages = append(appendRef(pages, page), ' ')
		groups = append(appendRef(groups, group), ' ')
		parents = append(appendRef(parents, parent), ' ')
	})
	f.object(f.pages, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", f.count, pages))
	f.object(f.tree, fmt.Sprintf("<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>", f.document, f.parents, f.count))
	f.object(f.document, fmt.Sprintf("<</Type/StructElem/S/Document/P %d 0 R/K[%s]>>", f.tree, groups))
	f.object(f.parents, fmt.Sprintf("<</Kids[%s]>>", parents))
	// Nothing of a person is told of the file: what is told is seen in lists of files and in logs.
	day := f.batch.Date
	description := about{
		title: "Lettres d’invitation à la vaccination – envoi " + f.batch.Reference,
		at:    time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC),
	}
	f.begin(f.metadata)
	f.stream("/Type/Metadata/Subtype/XML", []byte(xmp(description)))
	f.object(f.catalog, catalogOf(f.pages, f.tree, f.metadata))
	f.object(f.info, infoOf(description))
	f.table()
	if f.failed == nil {
		f.failed = f.out.Flush()
	}
	return f.failed
}

// Columns of the cross-reference stream: the kind of entry; an offset, or the number of an object stream; the index in
// that stream.
const (
	tableColumns = "1 5 2"
	tableRow     = 1 + 5 + 2
)

// table writes the cross-reference stream, its own entry last. Its length stands before it, so it is compressed
// twice, once to be measured, rather than kept.
func (f *lettersFile) table() {
	number, start := f.next, f.at
	var length measured
	f.compressRows(&length, start)
	f.header(number)
	f.write(fmt.Appendf(nil, "<</Type/XRef/Size %d/W[%s]/Root %d 0 R/Info %d 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns %d>>/Length %d>>\nstream\n",
		number+1, tableColumns, f.catalog, f.info, tableRow, length))
	f.compressRows(writerFunc(f.write), start)
	f.write(fmt.Appendf(nil, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", start))
}

// measured is a writer that counts.
type measured int64

func (m *measured) Write(data []byte) (int, error) {
	*m += measured(len(data))
	return len(data), nil
}

// writerFunc is a writer that keeps its errors to itself.
type writerFunc func([]byte)

func (w writerFunc) Write(data []byte) (int, error) {
	w(data)
	return len(data), nil
}

// compressRows writes a row for each object, as its difference from the row before (PNG's filter «Up»): those of a
// sheaf are nearly all alike then.
func (f *lettersFile) compressRows(w io.Writer, self int64) {
	f.deflater.Reset(w)
	var before [tableRow]byte
	rows := f.scratch[:0]
	row := func(kind byte, place int64, index int) {
		now := [tableRow]byte{kind, byte(place >> 32), byte(place >> 24), byte(place >> 16), byte(place >> 8), byte(place), byte(index >> 8), byte(index)}
		rows = append(rows, 2)
		for i := range now {
			rows = append(rows, now[i]-before[i])
		}
		before = now
		if len(rows) > 16<<10 {
			_, _ = f.deflater.Write(rows) // neither writer fails
			rows = rows[:0]
		}
	}
	row(0, 0, 0xFFFF)
	for _, offset := range f.offsets {
		row(1, offset, 0)
	}
	f.reckon(func(s reckoned) {
		row(1, s.stream, 0)
		nodes, index := 0, 0
		for _, n := range s.objects {
			nodes += n
		}
		for i := range 3 {
			row(2, int64(s.first), nodes+i)
		}
		for i, n := range s.objects {
			row(1, s.contents[i], 0)
			for range n {
				row(2, int64(s.first), index)
				index++
			}
		}
	})
	row(1, self, 0)
	_, _ = f.deflater.Write(rows)
	_ = f.deflater.Close()
	f.scratch = rows
}
