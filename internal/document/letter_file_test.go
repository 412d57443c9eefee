package document

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"vaccin/internal/registry"
)

var (
	tableHead = regexp.MustCompile(`^(\d+) 0 obj\n<</Type/XRef/Size (\d+)/W\[1 5 2\].*/Length (\d+)>>\nstream\n`)
	sheafHead = regexp.MustCompile(`^(\d+) 0 obj\n<</Type/ObjStm/N (\d+)/First (\d+)/Filter/FlateDecode/Length (\d+)>>\nstream\n`)
)

func inflate(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// whole are the numbers of the groups of a match.
func whole(t testing.TB, re *regexp.Regexp, data []byte) (numbers []int, rest []byte) {
	t.Helper()
	found := re.FindSubmatch(data[:min(len(data), 400)])
	if found == nil {
		t.Fatalf("no %v", re)
	}
	for _, group := range found[1:] {
		n, err := strconv.Atoi(string(group))
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers, data[len(found[0]):]
}

// checkTable checks that the cross-reference stream of a batch leads to each of its objects, without which readers
// refuse or repair it.
func checkTable(t testing.TB, pdf []byte) {
	t.Helper()
	at, err := strconv.Atoi(string(regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(pdf)[1]))
	if err != nil {
		t.Fatal(err)
	}
	head, data := whole(t, tableHead, pdf[at:])
	if head[0]+1 != head[1] {
		t.Fatalf("object %d of %d", head[0], head[1])
	}
	rows := inflate(t, data[:head[2]])
	if len(rows) != head[1]*(tableRow+1) {
		t.Fatalf("%d bytes for %d objects", len(rows), head[1])
	}
	var before [tableRow]byte
	sheaves := map[int64][]string{}
	places := map[int64]int64{}
	var inSheaves [][3]int64
	for number := range head[1] {
		row := rows[number*(tableRow+1):][:tableRow+1]
		if row[0] != 2 {
			t.Fatal("another filter")
		}
		for i := range before {
			before[i] += row[i+1]
		}
		place := int64(0)
		for _, b := range before[1:6] {
			place = place<<8 | int64(b)
		}
		index := int64(before[6])<<8 | int64(before[7])
		switch before[0] {
		case 1:
			places[int64(number)] = place
			if !bytes.HasPrefix(pdf[place:], fmt.Appendf(nil, "%d 0 obj\n", number)) {
				t.Fatalf("object %d is not where the table says", number)
			}
		case 2:
			inSheaves = append(inSheaves, [3]int64{int64(number), place, index})
		}
	}
	for _, entry := range inSheaves {
		index, read := sheaves[entry[1]]
		if !read {
			head, data := whole(t, sheafHead, pdf[places[entry[1]]:])
			index = strings.Fields(string(inflate(t, data[:head[3]])[:head[2]]))
			if len(index) != 2*head[1] {
				t.Fatalf("%d numbers for %d objects", len(index), head[1])
			}
			sheaves[entry[1]] = index
		}
		if index[2*entry[2]] != strconv.FormatInt(entry[0], 10) {
			t.Fatalf("object %d is not in its stream where the table says", entry[0])
		}
	}
}

// Three sheaves, the last not full: every page, every tag and every object is found.
func TestABatchOfManyLettersIsOneWholeFile(t *testing.T) {
	const n = 2*sheafSize + 37
	pdf := lettersPDF(t, phaseTwo(), many(n))
	checkTable(t, pdf)
	info := tool(t, pdf, "pdfinfo", "-isodates", "-")
	for _, want := range []string{
		"Title:           Lettres d’invitation à la vaccination – envoi PH2-0007\n", "CreationDate:    2021-01-11T00:00:00Z",
		"Tagged:          yes", fmt.Sprintf("Pages:           %d\n", n), "(A4)", "JavaScript:      no",
	} {
		if !strings.Contains(info, want) {
			t.Errorf("pdfinfo does not say %q:\n%s", want, info)
		}
	}
	for _, some := range [][2]int{{1, 2}, {sheafSize - 1, sheafSize + 2}, {2 * sheafSize, 2*sheafSize + 1}, {n - 1, n}} {
		first, last := strconv.Itoa(some[0]), strconv.Itoa(some[1])
		for i, page := range strings.Split(tool(t, pdf, "pdftotext", "-raw", "-f", first, "-l", last, "-", "-"), "\f")[:1+some[1]-some[0]] {
			if !strings.Contains(page, fmt.Sprintf("lettre n° %d\n", some[0]+i)) {
				t.Errorf("page %d is another letter's", some[0]+i)
			}
		}
	}
	tags := tool(t, nil, "pdfinfo", "-struct", save(t, pdf))
	for what, want := range map[string]int{"  H1 ": n, "Figure": n, " LI ": 6 * n, "NonStruct": 3, "Document": 1} {
		if got := strings.Count(tags, what); got != want {
			t.Errorf("%d times %q instead of %d", got, what, want)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(tool(t, pdf, "pdffonts", "-")), "\n")[2:] {
		if !strings.Contains(line, "yes yes yes") {
			t.Errorf("font not embedded as wanted: %s", line)
		}
	}
}

func TestABatchRepeatsToTheByteAlsoWhenConcurrent(t *testing.T) {
	want := lettersPDF(t, phaseTwo(), many(sheafSize+1))
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			var got bytes.Buffer
			if err := WriteLetters(&got, phaseTwo(), many(sheafSize+1)); err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("the same letters gave other bytes: %v", err)
			}
		})
	}
	group.Wait()
}

// live is the memory in use, once what is not is given back.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What a batch keeps in memory grows by its ledger alone.
func TestTheMemoryOfABatchStaysFlat(t *testing.T) {
	const n = 30 * sheafSize
	var early, late uint64
	seen := func(letters iter.Seq2[Letter, error]) iter.Seq2[Letter, error] {
		return func(yield func(Letter, error) bool) {
			for l, err := range letters {
				switch l.Number {
				case 5 * sheafSize:
					early = live()
				case n:
					late = live()
				}
				if !yield(l, err) {
					return
				}
			}
		}
	}
	for kind, write := range map[string]func(io.Writer, Batch, iter.Seq2[Letter, error]) error{"PDF": WriteLetters, "CSV": WriteLettersCSV} {
		if err := write(io.Discard, phaseTwo(), seen(many(n))); err != nil {
			t.Fatal(err)
		}
		if grown := int64(late) - int64(early); grown > 200<<10 {
			t.Errorf("%s: %d bytes more after %d letters", kind, grown, n-5*sheafSize)
		}
	}
}

func TestTheLedgerTakesFourBytesALetter(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	paper, err := r.newStationery(phaseTwo())
	if err != nil {
		t.Fatal(err)
	}
	f, page, n := newLettersFile(io.Discard, r, paper), letterPage{on: paper}, 0
	for l := range many(3 * sheafSize) {
		if err := page.draw(l); err != nil {
			t.Fatal(err)
		}
		if err := f.letter(&page.canvas); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if len(f.ledger) > 4*n {
		t.Errorf("%d bytes for %d letters", len(f.ledger), n)
	}
	f.count = registry.MaxBatch
	if err := f.letter(&page.canvas); !errors.Is(err, ErrTooManyLetters) {
		t.Errorf("one letter too many: error = %v", err)
	}
	if objects := len(page.tags.elements) + 4; objects > 60 || 60*registry.MaxBatch > 8_388_607*95/100 {
		t.Errorf("%d objects a letter are too many for %d letters", objects, registry.MaxBatch)
	}
}

func TestABatchThatFailsSaysSo(t *testing.T) {
	errStore := errors.New("the store is away")
	broken := func(yield func(Letter, error) bool) {
		if yield(usualLetter(), nil) {
			yield(Letter{}, errStore)
		}
	}
	for kind, write := range map[string]func(io.Writer, Batch, iter.Seq2[Letter, error]) error{"PDF": WriteLetters, "CSV": WriteLettersCSV} {
		if err := write(io.Discard, phaseTwo(), broken); !errors.Is(err, errStore) {
			t.Errorf("%s: error = %v, want the iterator's", kind, err)
		}
		if err := write(brokenWriter{}, phaseTwo(), many(sheafSize)); !errors.Is(err, errBroken) {
			t.Errorf("%s: error = %v, want the writer's", kind, err)
		}
		var out bytes.Buffer
		if err := write(&out, phaseTwo(), many(0)); !errors.Is(err, ErrNoLetter) || out.Len() > 0 {
			t.Errorf("%s: error = %v and %d bytes of no letter", kind, err, out.Len())
		}
	}
}
