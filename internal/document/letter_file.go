package document

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"vaccin/internal/registry"
)

// A batch of letters is one PDF, written as the letters come. What all letters share, fonts and sentences, stands at
// its start once. A letter is then a short stream of its own content, and the objects around it (page, tags) go
// into an object stream common to a sheaf of letters: PDF 1.7, 7.5.7. What has to be remembered until the end, for
// the cross-reference stream (7.5.8), is the length of each stream and how many objects each letter has: four bytes
// a letter. Trees have two levels: the root names the sheaves, a sheaf its letters.

// Errors of a batch of letters.
var (
	ErrNoLetter       = errors.New("document: a batch without letters")
	ErrTooManyLetters = errors.New("document: more letters than one file holds")
)

// sheafSize is how many letters share an object stream and a node of each tree.
const sheafSize = 100

// WriteLetters writes the letters of a batch as one PDF, an A4 page each, tagged for screen readers. It writes as the
// letters come and keeps four bytes of each, so that memory stays flat; the same letters give the same bytes. When
// letters fails, or one cannot be printed (ErrLetter), it stops: what was written until then is no whole
// file. Without any letter it returns ErrNoLetter and writes nothing.
func WriteLetters(w io.Writer, b Batch, letters iter.Seq2[Letter, error]) error {
	r, err := defaultRenderer()
	if err != nil {
		return err
	}
	return r.Letters(w, b, letters)
}

// Letters does what WriteLetters does.
func (r *Renderer) Letters(w io.Writer, b Batch, letters iter.Seq2[Letter, error]) error {
	paper, err := r.newStationery(b)
	if err != nil {
		return err
	}
	var out *lettersFile
	page := letterPage{on: paper}
	for letter, err := range letters {
		if err != nil {
			return fmt.Errorf("document: reading the letters of a batch: %w", err)
		}
		if err = letter.check(); err == nil {
			err = page.draw(letter)
		}
		if err != nil {
			return fmt.Errorf("letter %d of the batch: %w", letter.Number, err)
		}
		if out == nil {
			out = newLettersFile(w, r, paper)
		}
		if err := out.letter(&page.canvas); err != nil {
			return fmt.Errorf("document: writing letters: %w", err)
		}
	}
	if out == nil {
		return ErrNoLetter
	}
	if err := out.finish(); err != nil {
		return fmt.Errorf("document: writing letters: %w", err)
	}
	return nil
}

// lettersFile is the PDF of a batch under construction.
type lettersFile struct {
	out    *bufio.Writer
	at     int64 // bytes written
	failed error // of the first write that failed

	batch       Batch
	offsets     []int64 // of the objects before the sheaves; object i+1
	next        int     // number of the next object
	count       int     // of letters
	ledger      []byte  // lengths of streams and counts of objects, as reckon reads them
	sheavesFrom int     // number of the first object of the sheaves
	sheavesAt   int64   // where they start

	// Objects of the whole document.
	resources, catalog, pages, tree, document, parents, metadata, info int

	sheaf    sheaf
	body     bytes.Buffer // of a stream being compressed
	deflater *zlib.Writer
	scratch  []byte
}

// sheaf are the letters of one object stream.
type sheaf struct {
	stream, pages, group, parents int // numbers of its own objects
	letters                       []leaf
	numbers, starts               []int // of the objects in the stream
	objects                       []byte
}

// leaf are the numbers of what the trees name of one letter.
type leaf struct{ page, tags, owners int }

// newLettersFile writes what all letters share.
func newLettersFile(w io.Writer, r *Renderer, paper *stationery) *lettersFile {
	fast, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed) // a level that there is
	f := &lettersFile{out: bufio.NewWriterSize(w, 64<<10), batch: paper.batch, deflater: fast}
	f.write(r.start.Bytes())
	for _, offset := range r.start.offsets {
		f.offsets = append(f.offsets, int64(offset))
	}
	f.next = len(f.offsets) + 1
	for _, number := range []*int{&f.resources, &f.catalog, &f.pages, &f.tree, &f.document, &f.parents, &f.metadata, &f.info} {
		*number = f.reserve()
	}
	resources := fmt.Sprintf("<</Font<</R %d 0 R/B %d 0 R>>/XObject<<", r.regularObject, r.boldObject)
	for i, drawn := range paper.drawn {
		form := f.reserve()
		resources += fmt.Sprintf("/F%d %d 0 R", i, form)
		f.begin(form)
		f.stream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 %v %v]/Resources<</Font<</R %d 0 R/B %d 0 R>>>>/Filter/FlateDecode",
			pageWidth, pageHeight, r.regularObject, r.boldObject), f.deflate(drawn))
	}
	f.object(f.resources, resources+">>>>")
	f.sheavesFrom, f.sheavesAt = f.next, f.at
	return f
}

// reserve gives out the number of an object that stands outside the sheaves.
func (f *lettersFile) reserve() int {
	f.offsets = append(f.offsets, 0)
	f.next++
	return f.next - 1
}

func (f *lettersFile) write(data []byte) {
	if f.failed == nil {
		_, f.failed = f.out.Write(data)
	}
	f.at += int64(len(data))
}

// begin starts an object outside the sheaves.
func (f *lettersFile) begin(number int) {
	f.offsets[number-1] = f.at
	f.header(number)
}

func (f *lettersFile) header(number int) {
	f.scratch = strconv.AppendInt(f.scratch[:0], int64(number), 10)
	f.write(append(f.scratch, " 0 obj\n"...))
}

func (f *lettersFile) object(number int, body string) {
	f.begin(number)
	f.write([]byte(body + "\nendobj\n"))
}

// stream ends an object as a stream; entries are the dictionary's, without Length.
func (f *lettersFile) stream(entries string, data []byte) {
	f.scratch = append(append(append(f.scratch[:0], "<<"...), entries...), "/Length "...)
	f.write(append(strconv.AppendInt(f.scratch, int64(len(data)), 10), ">>\nstream\n"...))
	f.write(data)
	f.write([]byte("\nendstream\nendobj\n"))
}

// deflate compresses data; what it returns holds until the next call.
func (f *lettersFile) deflate(parts ...[]byte) []byte {
	f.body.Reset()
	f.deflater.Reset(&f.body)
	for _, part := range parts {
		_, _ = f.deflater.Write(part) // a bytes.Buffer cannot fail
	}
	_ = f.deflater.Close()
	return f.body.Bytes()
}

// letter writes one letter's content, and keeps its page and its tags for the sheaf's object stream.
func (f *lettersFile) letter(drawn *canvas) error {
	if f.count == registry.MaxBatch { // a letter has up to 60 objects, and readers stop at 8,388,607 (PDF 1.7, annex C)
		return ErrTooManyLetters
	}
	s := &f.sheaf
	if len(s.letters) == 0 {
		s.stream, s.pages, s.group, s.parents = f.next, f.next+1, f.next+2, f.next+3
		f.next += 4
	}
	start := f.at
	content := f.next
	f.header(content)
	f.stream("/Filter/FlateDecode", f.deflate(drawn.out))
	f.ledger = binary.AppendUvarint(f.ledger, uint64(f.at-start))

	l := leaf{page: content + 1, owners: content + 2, tags: content + 3}
	f.next = l.tags + len(drawn.tags.elements)
	f.ledger = binary.AppendUvarint(f.ledger, uint64(f.next-l.page))
	s.keep(l.page)
	s.objects = fmt.Appendf(s.objects, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 %v %v]/Contents %d 0 R/StructParents %d/Tabs/S/Resources %d 0 R>>",
		s.pages, pageWidth, pageHeight, content, f.count, f.resources)
	s.keep(l.owners)
	s.objects = append(s.objects, '[')
	for _, owner := range drawn.tags.owners[0] {
		s.objects = append(appendRef(s.objects, l.tags+owner), ' ')
	}
	s.objects = append(s.objects, ']')
	pages := [1]int{l.page}
	for i := range drawn.tags.elements {
		s.keep(l.tags + i)
		s.objects = drawn.tags.appendElement(s.objects, i, s.group, l.tags, pages[:])
	}
	s.letters = append(s.letters, l)
	f.count++
	if len(s.letters) == sheafSize {
		f.bind()
	}
	return f.failed
}

// keep begins an object in the sheaf's stream.
func (s *sheaf) keep(number int) {
	if len(s.objects) > 0 {
		s.objects = append(s.objects, '\n')
	}
	s.numbers, s.starts = append(s.numbers, number), append(s.starts, len(s.objects))
}

// bind ends a sheaf: its nodes of the three trees, then the stream of all its objects.
func (f *lettersFile) bind() {
	s := &f.sheaf
	s.keep(s.pages)
	s.objects = fmt.Appendf(s.objects, "<</Type/Pages/Parent %d 0 R/Count %d/Kids[", f.pages, len(s.letters))
	for _, l := range s.letters {
		s.objects = append(appendRef(s.objects, l.page), ' ')
	}
	s.keepOn("]>>", s.group)
	s.objects = fmt.Appendf(s.objects, "<</Type/StructElem/S/NonStruct/P %d 0 R/K[", f.document)
	for _, l := range s.letters {
		s.objects = append(appendRef(s.objects, l.tags), ' ')
	}
	s.keepOn("]>>", s.parents)
	first := f.count - len(s.letters)
	s.objects = fmt.Appendf(s.objects, "<</Limits[%d %d]/Nums[", first, f.count-1)
	for i, l := range s.letters {
		s.objects = strconv.AppendInt(s.objects, int64(first+i), 10)
		s.objects = append(appendRef(append(s.objects, ' '), l.owners), ' ')
	}
	s.objects = append(s.objects, "]>>"...)

	var index []byte
	for i, number := range s.numbers {
		index = strconv.AppendInt(append(strconv.AppendInt(index, int64(number), 10), ' '), int64(s.starts[i]), 10)
		index = append(index, ' ')
	}
	start := f.at
	f.header(s.stream)
	f.stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", len(s.numbers), len(index)), f.deflate(index, s.objects))
	f.ledger = binary.AppendUvarint(f.ledger, uint64(f.at-start))
	s.letters, s.numbers, s.starts, s.objects = s.letters[:0], s.numbers[:0], s.starts[:0], s.objects[:0]
}

// keepOn ends an object of the sheaf's stream and begins another.
func (s *sheaf) keepOn(end string, number int) {
	s.objects = append(s.objects, end...)
	s.keep(number)
}
