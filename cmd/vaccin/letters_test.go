package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// letterFlagsFor are the flags of a command on the letters of a store.
func letterFlagsFor(path string) (f letterFlags) {
	f.Store, f.NIRKeyFile = path, path+".nir"
	return f
}

// targetedStore is a store of so many persons, all targeted by the run 1.
func targetedStore(t *testing.T, n int) string {
	t.Helper()
	path := newStore(t)
	f := letterFlagsFor(path)
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	persons := make([]registry.ImportedPerson, n)
	for i := range persons {
		persons[i] = registry.ImportedPerson{ID: registry.RecordID(strings.Repeat("0", 20) + time.UnixMicro(int64(i)).UTC().Format("150405.000000")), Patient: registrytest.Patient(i)}
	}
	if err := g.ImportPersons(t.Context(), by, persons, "digest"); err != nil {
		t.Fatal(err)
	}
	event := registry.Event{At: time.Now(), Action: registry.ActionPrepareRun, NationalID: "a"}
	run := registry.Run{Campaign: registry.Campaign{ID: "c", Name: "75 ans et plus", Opens: registry.MustDate("2021-01-18"), Criteria: registry.Criteria{{Sex: registry.Female}}}, PreparedBy: "a", PreparedAt: time.Now()}
	_, err = st.PrepareRun(t.Context(), run, event)
	for _, do := range []func() error{
		func() error { return st.CountRun(t.Context(), 1) },
		func() error { return st.ApproveRun(t.Context(), 1, "b", time.Now(), event) },
		func() error { return st.CarryOut(t.Context(), 1, event, time.Now, func(registry.Progress) {}) },
	} {
		if err == nil {
			err = do()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func made(t *testing.T, ctx context.Context, m lettersMakeCmd) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := m.Run(ctx, console{out: &out})
	return out.String(), err
}

func TestLettersAreMadeListedAndWrittenAgain(t *testing.T) {
	path, folder := targetedStore(t, 30), t.TempDir()
	var listed bytes.Buffer
	l := lettersListCmd{Number: 1}
	l.Store = path
	if err := l.Run(t.Context(), console{out: &listed}); err != nil || !strings.HasPrefix(listed.String(), "Aucun envoi") {
		t.Errorf("before any: %v: %s", err, listed.String())
	}
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder, All: true}
	out, err := made(t, t.Context(), m)
	if err != nil || !strings.Contains(out, "30 lettres") || !strings.Contains(out, "lettres par seconde") {
		t.Fatalf("%v: %s", err, out)
	}
	file, err := os.ReadFile(filepath.Join(folder, "lettres-C1-0001.pdf"))
	if err != nil || !bytes.HasPrefix(file, []byte("%PDF")) {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, "lettres-C1-0001.pdf")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v, %v", info.Mode(), err)
	}
	digest := sha256.Sum256(file)
	if err := l.Run(t.Context(), console{out: &listed}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"C1-0001 : Prêt, PDF à imprimer, 30 lettres", "remis 1 fois", hex.EncodeToString(digest[:])} {
		if !strings.Contains(listed.String(), want) {
			t.Errorf("the list does not say %q: %s", want, listed.String())
		}
	}
	again := t.TempDir()
	w := lettersWriteCmd{letterFlags: letterFlagsFor(path), Batch: "c1-0001", To: again}
	if err := w.Run(t.Context(), console{out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if second, err := os.ReadFile(filepath.Join(again, "lettres-C1-0001.pdf")); err != nil || !bytes.Equal(second, file) {
		t.Errorf("written again it is another file: %v", err)
	}
	// Nobody is left, and a batch to the same persons is another.
	if out, err = made(t, t.Context(), m); err != nil || !strings.Contains(out, "Personne à qui écrire") || !strings.Contains(out, "déjà destinataires d’un envoi : 30") {
		t.Errorf("%v: %s", err, out)
	}
	m.All, m.Again, m.Kind = false, ofRun{registry.BatchKey{Run: 1, Part: 1}}, "csv"
	if out, err = made(t, t.Context(), m); err != nil || !strings.Contains(out, "aux mêmes personnes que C1-0001") ||
		!strings.Contains(out, "ont aussi une lettre dans C1-0001 (PDF à imprimer, remis 2 fois). "+registry.OneOfTheseBatches) || strings.Contains(out, "une lettre dans C1-0003") {
		t.Errorf("%v: %s", err, out)
	}
	var taken bytes.Buffer
	w.To = t.TempDir()
	if err := w.Run(t.Context(), console{out: &taken}); err != nil || !strings.Contains(taken.String(), "ont aussi une lettre dans C1-0003 (CSV de publipostage, remis 1 fois)") {
		t.Errorf("who takes the first away is told %q, %v", taken.String(), err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) != 2 {
		t.Errorf("files: %v, %v", left, err)
	}
	for _, refused := range []struct {
		run  func() error
		says string
	}{
		{func() error { w.Batch = "C1"; return w.Run(t.Context(), console{out: io.Discard}) }, "C12-0003"},
		{func() error { w.Batch = "C1-0009"; return w.Run(t.Context(), console{out: io.Discard}) }, "n’existe pas"},
		{func() error { w.Batch = "C1-0002"; return w.Run(t.Context(), console{out: io.Discard}) }, "aucune lettre"},
		{func() error { m.All = true; _, err := made(t, t.Context(), m); return err }, "pas les deux"},
		{func() error {
			m.All, m.Number, m.Again.Run = false, 7, 0
			_, err := made(t, t.Context(), m)
			return err
		}, "n’existe pas"},
		{func() error { m.Letter.Phone = strings.Repeat("0", 201); _, err := made(t, t.Context(), m); return err }, "Le texte de --letter-phone (VACCIN_LETTER_PHONE) a 201 caractères, et les lettres n’ont de place que pour 200"},
	} {
		if err := refused.run(); err == nil || !strings.Contains(err.Error(), refused.says) {
			t.Errorf("%v, want %q", err, refused.says)
		}
	}
}

// TestTheListOfBatchesNamesAndDatesAsPagesDo: by the time of Paris, and whoever has a name by it.
func TestTheListOfBatchesNamesAndDatesAsPagesDo(t *testing.T) {
	path := targetedStore(t, 3)
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: t.TempDir()}
	f := m.letterFlags
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.Security = func() time.Time { return time.Date(2021, 1, 31, 23, 5, 0, 0, time.UTC) }
	b, err := g.AskBatch(t.Context(), by, registry.BatchRequest{Run: 1, Kind: registry.BatchPDF}, registry.BatchPrinter{})
	if err == nil {
		_, err = g.DropBatch(t.Context(), by, b.BatchKey)
	}
	agent := registry.Agent{ID: by.Practitioner.NationalID, FamilyName: "Martin", GivenName: "Camille", SeenAt: time.Now()}
	if err := errors.Join(err, st.KeepAgent(t.Context(), agent, time.Now()), st.Close()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	l := lettersListCmd{Number: 1}
	l.Store = path
	if err := l.Run(t.Context(), console{out: &out}); err != nil {
		t.Fatal(err)
	}
	const who = "par Camille MARTIN le 01/02/2021 à 00\u00a0h\u00a005"
	if !strings.Contains(out.String(), ", demandé "+who+", abandonné "+who+"\n") {
		t.Error(out.String())
	}
}

func TestABatchIsDroppedByCommand(t *testing.T) {
	path, folder := targetedStore(t, 5), t.TempDir()
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder}
	drop := func(batch string) (string, error) {
		var out bytes.Buffer
		d := lettersDropCmd{Batch: batch}
		d.Store = path
		err := d.Run(t.Context(), console{out: &out})
		return out.String(), err
	}
	f := m.letterFlags
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	printer, err := m.Letter.Printer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.next(t.Context(), g, by, printer)
	if err != nil {
		t.Fatal(err)
	}
	// Dropped while its letters are printed: the file goes.
	whole := printer.Print
	printer.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		if _, err := g.DropBatch(t.Context(), by, b.BatchKey); err != nil {
			t.Error(err)
		}
		return whole(w, b, letters)
	}
	var out bytes.Buffer
	if _, err := m.print(t.Context(), console{out: &out}, g, by, b, printer); registry.KindOf(err) != registry.KindConflict || !strings.Contains(out.String(), "C1-0001 : Abandonné") {
		t.Errorf("%v: %s", err, out.String())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("files: %v, %v", left, err)
	}
	// The service drops it itself: the file goes, and the reason is told.
	if b, err = m.next(t.Context(), g, by, printer); err != nil {
		t.Fatal(err)
	}
	printer.Print = func(io.Writer, registry.Batch, iter.Seq2[registry.Recipient, error]) error {
		now, err := g.Batch(t.Context(), by, b.BatchKey)
		if err != nil {
			return err
		}
		d := registry.BatchDrop{By: "service", At: time.Now(), Reason: registry.DropDeceased}
		return errors.Join(io.ErrShortWrite, st.DropBatch(t.Context(), now, d, registry.Event{At: d.At, Action: registry.ActionDropLetters}))
	}
	out.Reset()
	_, err = m.print(t.Context(), console{out: &out}, g, by, b, printer)
	why := "abandonné par le service (au moins un destinataire est décédé après avoir été choisi) le "
	if registry.KindOf(err) != registry.KindConflict || !strings.Contains(err.Error(), "par le service (au moins un destinataire est décédé") || !strings.Contains(out.String(), why) {
		t.Errorf("%v: %s", err, out.String())
	}
	printer.Print = whole
	if b, err = m.next(t.Context(), g, by, printer); err != nil || b.Part != 3 {
		t.Fatalf("%+v, %v", b, err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := drop("c1-0003"); err != nil || !strings.Contains(out, "C1-0003 : Abandonné") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := made(t, t.Context(), m); err != nil || !strings.Contains(out, "C1-0004 : Prêt, PDF à imprimer, 5 lettres") {
		t.Errorf("%v: %s", err, out)
	}
	for batch, says := range map[string]string{"C1": "C12-0003", "C1-0009": "n’existe pas", "C1-0004": "ne peut plus être abandonné"} {
		if _, err := drop(batch); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", batch, err)
		}
	}
}

// TestABatchThatAServerPrintedIsAWholeFile has a server make the batch that the command asked for, before the command begins.
func TestABatchThatAServerPrintedIsAWholeFile(t *testing.T) {
	path, folder := targetedStore(t, 5), t.TempDir()
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder}
	f := m.letterFlags
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	printer, err := m.Letter.Printer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.next(t.Context(), g, by, printer)
	if err != nil {
		t.Fatal(err)
	}
	if done, err := g.WorkBatches(t.Context(), by, printer); err != nil || done != 1 {
		t.Fatalf("%d, %v", done, err)
	}
	var out bytes.Buffer
	made, err := m.print(t.Context(), console{out: &out}, g, by, b, printer)
	if err != nil || made.State != registry.BatchPrinted || strings.Contains(out.String(), "par ailleurs") {
		t.Fatalf("%s, %v: %s", made.State, err, out.String())
	}
	file, err := os.ReadFile(filepath.Join(folder, b.FileName()))
	if digest := sha256.Sum256(file); err != nil || hex.EncodeToString(digest[:]) != made.Digest {
		t.Errorf("a file of %d bytes, of %d: %v", len(file), made.Size, err)
	}
	// Another command that was at it too, and writes to another folder, says that there are two files of it.
	m.To = t.TempDir()
	if _, err := m.print(t.Context(), console{out: &out}, g, by, b, printer); err != nil || !strings.Contains(out.String(), "ces mêmes lettres ont été remises par ailleurs") {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestAnotherBatchThatIsNotOverIsNamed(t *testing.T) {
	path, folder := targetedStore(t, 3), t.TempDir()
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder}
	if out, err := made(t, t.Context(), m); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f := m.letterFlags
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.AskBatch(t.Context(), by, registry.BatchRequest{Run: 1, Kind: registry.BatchPDF, Known: 1}, registry.BatchPrinter{})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	const open = "L’envoi C1-0002 de ce ciblage est encore en préparation (PDF à imprimer, aux personnes à qui aucune lettre n’a été faite), et vous demandez autre chose "
	for _, c := range []struct {
		kind  string
		again int
		says  string
	}{
		{"pdf", 1, "(PDF à imprimer, aux mêmes personnes que C1-0001)"},
		{"csv", 0, "(CSV de publipostage, aux personnes à qui aucune lettre n’a été faite)"},
	} {
		m.Kind, m.Again = c.kind, ofRun{registry.BatchKey{Part: c.again}}
		if _, err := made(t, t.Context(), m); registry.KindOf(err) != registry.KindConflict || !strings.Contains(err.Error(), open+c.says) {
			t.Errorf("%s, again %d: %v", c.kind, c.again, err)
		}
	}
}

func TestLettersAreWrittenWholeOrNotAtAll(t *testing.T) {
	path, folder := targetedStore(t, 5), t.TempDir()
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder}
	ctx, cancel := context.WithCancel(t.Context())
	f := m.letterFlags
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	printer, err := m.Letter.Printer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.next(ctx, g, by, printer)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := m.print(ctx, console{out: io.Discard}, g, by, b, printer); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	files := func() []string {
		all, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, f := range all {
			names = append(names, f.Name())
		}
		return names
	}
	if left := files(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	// What a killed program left goes when the file is whole; what is of another file stays.
	for _, name := range []string{".lettres-C1-0001.pdf.123" + partSuffix, ".lettres-C1-0002.pdf.123" + partSuffix} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.Kind = "csv"
	if _, err := made(t, t.Context(), m); registry.KindOf(err) != registry.KindConflict {
		t.Errorf("another form than the one that is being made: %v", err)
	}
	m.Kind = "pdf"
	if out, err := made(t, t.Context(), m); err != nil || !strings.Contains(out, "5 lettres") {
		t.Fatalf("%v: %s", err, out)
	}
	if left := files(); len(left) != 2 || left[1] != "lettres-C1-0001.pdf" {
		t.Errorf("files: %v", left)
	}
	failed := errors.New("full")
	at := filepath.Join(folder, "x")
	for _, c := range []struct{ write, told error }{{failed, nil}, {nil, failed}} {
		err := writeWhole(at, func(w io.Writer) (bool, error) {
			_, err := w.Write([]byte("half"))
			return true, errors.Join(err, c.write)
		}, func() error { return c.told })
		if !errors.Is(err, failed) || len(files()) != 2 {
			t.Errorf("%v, files: %v", err, files())
		}
	}
	if err := writeWhole(at, func(io.Writer) (bool, error) { return false, nil }, nil); err != nil || len(files()) != 2 {
		t.Errorf("nothing to keep: %v, %v", err, files())
	}
}

func TestABatchIsNamedByItsNumberOrItsReference(t *testing.T) {
	for text, want := range map[string]registry.BatchKey{"3": {Part: 3}, "C12-0003": {Run: 12, Part: 3}, "c12-3": {Run: 12, Part: 3}} {
		var got ofRun
		if err := got.UnmarshalText([]byte(text)); err != nil || got.BatchKey != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, wrong := range []string{"", "0", "-1", "C12", "C0-1", "12.3", "99999999999999999999", "trois"} {
		if err := new(ofRun).UnmarshalText([]byte(wrong)); registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	m := lettersMakeCmd{Number: 4, Again: ofRun{registry.BatchKey{Run: 12, Part: 3}}}
	if err := m.Run(t.Context(), console{}); registry.KindOf(err) != registry.KindInvalid {
		t.Error(err)
	}
}

// TestWhoWritesLettersIsInTheLogBeforeTheFirst: whoever kills the command has what it wrote by then, and did not wait for the delivery to be told.
func TestWhoWritesLettersIsInTheLogBeforeTheFirst(t *testing.T) {
	m := lettersMakeCmd{letterFlags: letterFlagsFor(targetedStore(t, 5)), Number: 1, Kind: "csv", To: t.TempDir()}
	f := m.letterFlags
	st, g, by, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	printer, err := m.Letter.Printer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.next(t.Context(), g, by, printer)
	if err != nil {
		t.Fatal(err)
	}
	killed, last := errors.New("killed"), []registry.Event(nil)
	dying := printer
	dying.Print = func(io.Writer, registry.Batch, iter.Seq2[registry.Recipient, error]) error {
		last, err = st.Events(t.Context(), registry.EventQuery{Limit: 1})
		return errors.Join(killed, err)
	}
	for _, printed := range []bool{false, true} { // as it is printed first, and again
		last = nil
		if _, err := m.print(t.Context(), console{out: io.Discard}, g, by, b, dying); !errors.Is(err, killed) {
			t.Fatalf("printed %t: %v", printed, err)
		}
		if len(last) != 1 || last[0].Action != registry.ActionWriteLetters || last[0].Outcome != registry.OutcomeBegun ||
			last[0].NationalID != by.Practitioner.NationalID || last[0].Digest != "C1-0001" {
			t.Errorf("printed %t: the latest entry is %+v", printed, last)
		}
		if _, err := g.WorkBatch(t.Context(), by, b.BatchKey, printer, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
}
