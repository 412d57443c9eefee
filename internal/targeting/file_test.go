package targeting_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"vaccin/internal/demo"
	"vaccin/internal/registry"
	"vaccin/internal/targeting"
)

const shortHeader = "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe"

const shortRow = "2690549588157;19690512;1;Martin;Jeanne;F"

func TestFilesThatAreRefused(t *testing.T) {
	row := rowWith()
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	if inside, err := archive.Create("population.csv"); err != nil {
		t.Fatal(err)
	} else if _, err := io.WriteString(inside, row); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	var wide []byte
	for _, unit := range utf16.Encode([]rune(row)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	accents := shortHeader + "\n" + strings.Repeat("2690549588157;19690512;1;Lef\xe8vre;No\xebl;F\n", 3)
	for name, c := range map[string]struct{ text, reason string }{
		"empty":                  {"", "vide"},
		"blank lines":            {"\n \n\r\n", "vide"},
		"a mark alone":           {"\ufeff", "vide"},
		"header only":            {shortHeader, "pas de ligne"},
		"header and line end":    {shortHeader + "\r\n", "pas de ligne"},
		"no header":              {shortRow + "\n" + shortRow + "\n", "nir_ouvrant_droit"},
		"a person in the header": {shortHeader + ";" + shortRow + "\n" + shortRow + strings.Repeat(";", 6) + "\n", "fin de ligne"},
		"missing column":         {strings.ReplaceAll(row, "rang;", "range;"), "«\u00a0rang\u00a0»"},
		"duplicated column":      {strings.Replace(row, "commune;code_commune", "commune;Commune", 1), "deux fois"},
		"commas":                 {strings.ReplaceAll(row, ";", ","), "points-virgules"},
		"UTF-16":                 {"\xff\xfe" + string(wide), "UTF-16"},
		"UTF-16, the other way":  {"\xfe\xff\x00n", "UTF-16"},
		"UTF-16 without a mark":  {string(wide), "UTF-8"},
		"zip":                    {zipped.String(), "archive"},
		"gzip":                   {"\x1f\x8b\x08\x00", "compressé"},
		"Parquet":                {"PAR1\x15\x00", "Parquet"},
		"Windows-1252":           {accents, "Windows-1252"},
		"Windows-1252, at once":  {strings.Replace(shortHeader, "prenoms", "Pr\xe9noms", 1) + "\n" + shortRow, "Windows-1252"},
		"carriage returns alone": {strings.ReplaceAll(row, "\n", "\r"), "retour chariot"},
		"many of them":           {strings.ReplaceAll(shortHeader+"\n"+strings.Repeat(shortRow+"\n", 2_000), "\n", "\r"), "CSV UTF-8 depuis un tableur"},
		"open quote":             {`"` + row, "guillemet n’est pas fermé"},
		"text after a quote":     {`"nir"ouvrant;` + row, "Du texte suit le guillemet"},
		"endless first line":     {strings.Repeat("a", 100_000), "trop longue"},
		"zero bytes":             {strings.Repeat("\x00", 1000), "UTF-8"},
		"many zero bytes":        {strings.Repeat("\r\x00", 100_000), "UTF-8"},
	} {
		_, err := targeting.ReadPopulation(t.Context(), "f.csv", strings.NewReader(c.text), int64(len(c.text)), nil)
		if registry.KindOf(err) != registry.KindInvalid || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFilesWithFaultsAreRead: what is wrong in some rows does not cost the others.
func TestFilesWithFaultsAreRead(t *testing.T) {
	many := strings.Repeat("2690549588157;19690512;1;Lefèvre;Noël;F\n", 20)
	for name, c := range map[string]struct {
		text           string
		taken          int
		rejectedAt     []int64
		rejectedColumn string
	}{
		"no final line end":         {shortHeader + "\n" + shortRow, 1, nil, ""},
		"blank lines":               {"\n\r\n" + shortHeader + "\n\n" + shortRow + "\n  \n\r\n" + shortRow, 2, nil, ""},
		"a mark twice":              {"\ufeff\ufeff" + shortHeader + "\n" + shortRow, 1, nil, ""},
		"a mark twice before blank": {"\ufeff\ufeff\n" + shortHeader + "\n" + shortRow + "\n" + shortHeader, 1, []int64{4}, "nir_ouvrant_droit"},
		"text after a quote":        {shortHeader + "\n" + `2690549588157;19690512;1;"Martin"e;"Jeanne";F` + "\n" + shortRow, 1, []int64{2}, "nom_naissance"},
		"a second header":           {shortHeader + "\n" + shortRow + "\n\ufeff" + shortHeader + "\n" + shortRow, 2, []int64{3}, "nir_ouvrant_droit"},
		"a mark in the middle":      {shortHeader + "\n" + shortRow + "\n\ufeff" + shortRow, 2, nil, ""}, // as Parse, which leaves out what is invisible
		"a zero byte":               {shortHeader + "\n" + strings.Replace(shortRow, "Martin", "Mar\x00tin", 1) + "\n" + shortRow, 1, []int64{2}, "nom_naissance"},
		"some broken characters":    {shortHeader + "\n" + many + "2690549588157;19690512;1;Lef\xe8vre;No\xebl;F\n" + many, 40, []int64{22}, "nom_naissance"},
		"a quoted cell with a line": {shortHeader + "\n" + `2690549588157;19690512;1;"Mar` + "\n" + `tin";Jeanne;F` + "\n" + shortRow, 1, []int64{2, 3}, "nom_naissance"},
		"empty rows":                {shortHeader + "\n;;;;;\n" + shortRow, 1, []int64{2}, "nir_ouvrant_droit"},
		"carriage returns within":   {shortHeader + "\n" + shortRow + "\r" + shortRow + "\n", 0, []int64{2}, ""},
		"a line of a digit":         {shortHeader + "\n" + strings.Repeat("1", 1_000_000) + "\n" + shortRow, 1, []int64{2}, ""},
		"an unknown column":         {shortHeader + ";couleur\n" + shortRow + ";bleu", 1, nil, ""},
	} {
		f := population(t, []byte(c.text))
		rows, rejected, _ := readAll(t, f)
		at := []int64{}
		for _, m := range rejected {
			at = append(at, m.Line)
		}
		if len(rows) != c.taken || !slices.Equal(at, c.rejectedAt) && len(at)+len(c.rejectedAt) > 0 || len(rejected) > 0 && rejected[0].Column != c.rejectedColumn {
			t.Errorf("%s: %d rows are taken, %v", name, len(rows), rejected)
		}
	}
}

func TestTheHeaderTellsWhatTheFileHas(t *testing.T) {
	text := shortHeader + ";Comorbidité;email\n" + shortRow + ";;\n"
	f := population(t, []byte(text))
	if !slices.Equal(f.Ignored, []string{"Comorbidité"}) || !slices.Contains(f.Absent, "comorbidites") || slices.Contains(f.Absent, "email") {
		t.Errorf("ignored %q, absent %q", f.Ignored, f.Absent)
	}
	if want := strings.Split(shortHeader+";email", ";"); !slices.Equal(f.Columns, want) {
		t.Errorf("columns %q, not %q", f.Columns, want)
	}
	if sum := sha256.Sum256([]byte(text)); f.Digest != hex.EncodeToString(sum[:]) || f.Size != int64(len(text)) || f.Lines != 1 || f.Parts() != 1 {
		t.Errorf("%+v", f)
	}
}

// TestPartsAreTheSameWhereverReadingStarts cuts files of all kinds by grids of all sizes: together the parts are the
// file, and each is the same when reading starts at it.
func TestPartsAreTheSameWhereverReadingStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{
			shortRow, shortRow + "\r", "", "2690549588157;19690512;1;Ñuñez-Lefèvre;Noël;F", "x", "x;y;\xe9", ";;;;;", strings.Repeat("long", 40), "é",
		}), 1, 40).Draw(t, "lines")
		text := rapid.SampledFrom([]string{"", "\ufeff", "\n", "\r\n\n"}).Draw(t, "start") + shortHeader + "\n" + strings.Join(lines, "\n") +
			rapid.SampledFrom([]string{"", "\n", "\r\n"}).Draw(t, "end")
		whole, err := targeting.ReadPopulationInGrid([]byte(text), 1<<20)
		cut, errCut := targeting.ReadPopulationInGrid([]byte(text), int64(rapid.IntRange(1, 200).Draw(t, "grid")))
		if err != nil || errCut != nil {
			told := fmt.Sprint(err, errCut)
			if !strings.Contains(told, "Windows-1252") && told != fmt.Sprint(errCut, err) { // a small grid cuts characters, of which the encoding is told
				t.Fatalf("%v whole, %v cut", err, errCut)
			}
			return
		}
		if whole.Lines != cut.Lines || whole.Digest != cut.Digest {
			t.Fatalf("%d lines whole, %d cut", whole.Lines, cut.Lines)
		}
		want := parts(t, whole, 0, 1)
		all := parts(t, cut, 0, rapid.IntRange(1, 4).Draw(t, "workers"))
		if len(all) != cut.Parts() {
			t.Fatalf("%d parts of %d", len(all), cut.Parts())
		}
		got, end, line := targeting.Part{}, want[0].From, want[0].Line
		for _, p := range all {
			if p.From != end && p.Lines > 0 || p.To < p.From || p.Line != line && p.Lines > 0 {
				t.Fatalf("a part has bytes [%d,%d) and lines from %d, after byte %d and line %d", p.From, p.To, p.Line, end, line)
			}
			end, line = max(end, p.To), line+p.Lines
			got.Rows, got.Rejected, got.Read = append(got.Rows, p.Rows...), append(got.Rejected, p.Rejected...), got.Read+p.Read
		}
		if !slices.Equal(got.Rows, want[0].Rows) || !slices.Equal(got.Rejected, want[0].Rejected) || got.Read != want[0].Read || end != want[0].To {
			t.Fatalf("cut: %v %v up to %d; whole: %v %v up to %d", got.Rows, got.Rejected, end, want[0].Rows, want[0].Rejected, want[0].To)
		}
		from := rapid.IntRange(0, len(all)).Draw(t, "from")
		for i, p := range parts(t, cut, from, 2) {
			if q := all[from+i]; p.Number != q.Number || p.From != q.From || p.To != q.To || p.Line != q.Line || !slices.Equal(p.Rows, q.Rows) || !slices.Equal(p.Rejected, q.Rejected) {
				t.Fatalf("part %d is another when reading starts at %d", p.Number, from)
			}
		}
	})
}

// parts reads the parts of a file from one on.
func parts(t interface{ Fatal(...any) }, f *targeting.PopulationFile, from, workers int) (all []targeting.Part) {
	for part, err := range f.Read(context.Background(), targeting.ReadOptions{Today: today, From: from, Workers: workers}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part)
	}
	return all
}

// TestAFileThatChangesIsNoticed: what was not there at the first reading never comes in under its digest.
func TestAFileThatChangesIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "population.csv")
	text := []byte(rowWith() + shortRow + "\n")
	change := func(changed []byte) error {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := targeting.OpenPopulation(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}()
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		for part, err := range f.Read(t.Context(), targeting.ReadOptions{Today: today}) {
			if err != nil {
				return err
			}
			if len(part.Rows) == 0 {
				t.Error("no row")
			}
		}
		return nil
	}
	if err := change(text); err != nil {
		t.Error(err)
	}
	for _, changed := range [][]byte{bytes.Replace(text, []byte("Jeanne"), []byte("Jeanny"), 1), text[:len(text)-10]} {
		if err := change(changed); registry.KindOf(err) != registry.KindInvalid || !strings.Contains(err.Error(), "a changé") {
			t.Errorf("the change is told as %v", err)
		}
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "tube.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		filepath.Join(t.TempDir(), "rien.csv"): "n’existe pas", t.TempDir(): "ordinaire", os.DevNull: "ordinaire", pipe: "ordinaire",
	} {
		if _, err := targeting.OpenPopulation(t.Context(), path, nil); registry.KindOf(err) != registry.KindInvalid || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v, want %q", err, reason)
		}
	}
}

// TestAFileThatGrowsIsRefused: of a copy that is under way the rows to come would be left out, and its last one be cut.
func TestAFileThatGrowsIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "copie.csv")
	const text = "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe\n2690549588157;20210201;1;Martin;Jea"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := targeting.OpenPopulation(t.Context(), path, func(int64, int64) {
		if err := os.WriteFile(path, []byte(text+"nne;F\n"), 0o600); err != nil {
			t.Error(err)
		}
	})
	if registry.KindOf(err) != registry.KindInvalid || !strings.Contains(err.Error(), "Attendez qu’il soit complet") {
		t.Errorf("it is told as %v", err)
	}
}

// counting is a file that remembers how far it was read.
type counting struct {
	io.ReaderAt
	end   atomic.Int64
	fails error
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	if c.fails != nil {
		return 0, c.fails
	}
	n, err := c.ReaderAt.ReadAt(p, off)
	for end := c.end.Load(); off+int64(n) > end && !c.end.CompareAndSwap(end, off+int64(n)); end = c.end.Load() {
	}
	return n, err
}

// TestReadingStaysAShortWayAhead: a slow reader of parts does not make them pile up, however large the file.
func TestReadingStaysAShortWayAhead(t *testing.T) {
	var text bytes.Buffer
	if err := demo.WriteInsured(&text, demo.InsuredOptions{Persons: 300_000, Seed: 3}); err != nil {
		t.Fatal(err)
	}
	file := &counting{ReaderAt: bytes.NewReader(text.Bytes())}
	steps := 0
	f, err := targeting.ReadPopulation(t.Context(), "f.csv", file, int64(text.Len()), func(read, size int64) {
		if steps++; read <= 0 || size != int64(text.Len()) {
			t.Errorf("%d of %d bytes are read", read, size)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.Parts() < 10 || steps != f.Parts() {
		t.Fatalf("%d parts, %d steps", f.Parts(), steps)
	}
	const workers = 2
	file.end.Store(0)
	rows := 0
	for part, err := range f.Read(t.Context(), targeting.ReadOptions{Today: today, Workers: workers}) {
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			runtime.Gosched()
		}
		if most := int64(part.Number+1+2*workers+2) * targeting.PartSize; file.end.Load() > most {
			t.Fatalf("at part %d, %d bytes are read", part.Number, file.end.Load())
		}
		rows += len(part.Rows)
	}
	if rows != 300_000 {
		t.Errorf("%d rows", rows)
	}
}

func TestReadingStopsWhenItIsToldTo(t *testing.T) {
	text := []byte(shortHeader + "\n" + strings.Repeat(shortRow+"\n", 5000))
	f, err := targeting.ReadPopulationInGrid(text, 1000)
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for range f.Read(t.Context(), targeting.ReadOptions{Today: today, Workers: 3}) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for part, err := range f.Read(ctx, targeting.ReadOptions{Today: today, Workers: 3}) {
		if last = err; part.Number == 5 && err == nil {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a reading that is called off ends with %v", last)
	}
	if _, err := targeting.ReadPopulation(ctx, "f.csv", bytes.NewReader(text), int64(len(text)), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a first reading that is called off ends with %v", err)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left of %d", after, before)
	}
	broken := errors.New("the disk is broken")
	if _, err := targeting.ReadPopulation(t.Context(), "f.csv", &counting{fails: broken}, 10, nil); !errors.Is(err, broken) {
		t.Errorf("a disk that is broken ends in %v", err)
	}
}

// TestAReadingThatIsStartedGoesAheadOfWhoTakesIt: its first parts are made before anybody asks for them, and who never does leaves nothing behind.
func TestAReadingThatIsStartedGoesAheadOfWhoTakesIt(t *testing.T) {
	text := []byte(shortHeader + "\n" + strings.Repeat(shortRow+"\n", 5000))
	f, err := targeting.ReadPopulationInGrid(text, 1000)
	if err != nil {
		t.Fatal(err)
	}
	before, o := runtime.NumGoroutine(), targeting.ReadOptions{Today: today, Workers: 2}
	reading := f.Start(t.Context(), o)
	for deadline := time.Now().Add(10 * time.Second); reading.Ahead() < o.Workers; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("nothing is read before somebody asks")
		}
	}
	rows := 0
	for part, err := range reading.Parts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows += len(part.Rows)
	}
	if rows != 5000 {
		t.Errorf("%d rows", rows)
	}

	f.Start(t.Context(), o).Stop()
	ctx, cancel := context.WithCancel(t.Context())
	asked, given := f.Start(t.Context(), o), f.Start(ctx, o)
	cancel()
	for who, parts := range map[string]iter.Seq2[targeting.Part, error]{"who takes it": asked.Parts(ctx), "who started it": given.Parts(t.Context())} {
		var last error
		for _, err := range parts {
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("called off by %s it ends with %v", who, last)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left of %d", after, before)
	}
}

// endless is a file of one line of a hundred million bytes between two rows, which stands in no memory.
type endless struct{ start, end string }

const endlessSize = 100_000_000

func (e endless) size() int64 { return int64(len(e.start)+len(e.end)) + endlessSize }

func (e endless) ReadAt(p []byte, off int64) (n int, err error) {
	if left := e.size() - off; int64(len(p)) > left {
		p, err = p[:left], io.EOF
	}
	overlay := func(text string, from int64) {
		if at := from - off; at >= 0 && at < int64(len(p)) {
			copy(p[at:], text)
		} else if at < 0 && -at < int64(len(text)) {
			copy(p, text[-at:])
		}
	}
	copy(p, nines)
	overlay(e.start, 0)
	overlay(e.end, int64(len(e.start))+endlessSize)
	return len(p), err
}

var nines = bytes.Repeat([]byte("9"), 2*targeting.PartSize)

func TestAnEndlessLineCostsItsRowAlone(t *testing.T) {
	file := endless{shortHeader + "\n" + shortRow + "\n", "\n" + shortRow + "\n" + shortRow}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := targeting.ReadPopulation(t.Context(), "f.csv", file, file.size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, rejected, _ := readAll(t, f)
	runtime.ReadMemStats(&after)
	if len(rows) != 3 || rows[2].Line != 5 || len(rejected) != 1 || rejected[0].Line != 3 || !strings.Contains(rejected[0].Reason, "trop longue") {
		t.Errorf("%d rows, %v", len(rows), rejected)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 50<<20 {
		t.Errorf("%d bytes were used", used)
	}
}
