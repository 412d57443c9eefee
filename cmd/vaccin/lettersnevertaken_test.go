package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

// TestLettersThatWerePrintedAndNeverTakenAreMadeFirst has a server print what the command asked for and was stopped before, so that nobody has the file.
func TestLettersThatWerePrintedAndNeverTakenAreMadeFirst(t *testing.T) {
	path, folder := targetedStore(t, 5), t.TempDir()
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder, All: true}
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
	printed := func(req registry.BatchRequest) registry.Batch {
		t.Helper()
		b, err := g.AskBatch(t.Context(), by, req, printer)
		if err == nil {
			b, err = g.WorkBatch(t.Context(), by, b.BatchKey, printer, nil, nil)
		}
		if err != nil || b.State != registry.BatchPrinted {
			t.Fatal(b.State, err)
		}
		return b
	}
	first := printed(registry.BatchRequest{Run: 1, Kind: registry.BatchPDF, Sure: true})
	out, err := made(t, t.Context(), m)
	if err != nil || !strings.Contains(out, "L’envoi C1-0001 est prêt, mais son fichier n’a été remis à personne") {
		t.Fatalf("%v: %s", err, out)
	}
	file, err := os.ReadFile(filepath.Join(folder, first.FileName()))
	if digest := sha256.Sum256(file); err != nil || hex.EncodeToString(digest[:]) != first.Digest {
		t.Errorf("the file of the first batch is not it: %v", err)
	}
	// What somebody has is not made again, nor what was asked for on a page, nor what was followed by letters to the same persons.
	printed(registry.BatchRequest{Run: 1, Kind: registry.BatchPDF, Known: 1, Again: 1, Sure: true})
	printed(registry.BatchRequest{Run: 1, Kind: registry.BatchPDF, Known: 2, Again: 1, Sure: true, Request: "of a page"})
	for _, again := range []int{0, 1} {
		m.All, m.Again = false, ofRun{registry.BatchKey{Part: again}}
		if out, err = made(t, t.Context(), m); err != nil || strings.Contains(out, "remis à personne") {
			t.Errorf("%v: %s", err, out)
		}
	}
}

// TestLettersThatMayNotLeaveAnyMoreSayWhatTakesTheirPlace has a server print them, in a layout that this program does not have.
func TestLettersThatMayNotLeaveAnyMoreSayWhatTakesTheirPlace(t *testing.T) {
	m := lettersMakeCmd{letterFlags: letterFlagsFor(targetedStore(t, 5)), Number: 1, Kind: "pdf", To: t.TempDir(), All: true}
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
	printer.Layout += 100
	b, err := g.AskBatch(t.Context(), by, registry.BatchRequest{Run: 1, Kind: registry.BatchPDF, Sure: true}, printer)
	if err == nil {
		_, err = g.WorkBatch(t.Context(), by, b.BatchKey, printer, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := made(t, t.Context(), m)
	if err == nil || !strings.Contains(sentence(err), "La mise en page des lettres a changé") || !strings.Contains(out, "«\u00a0vaccin letters make 1 --again C1-0001\u00a0» écrit à ces personnes") {
		t.Fatalf("%v: %s", err, out)
	}
	// Which it does, and no other is in its way then.
	m.All, m.Again = false, ofRun{registry.BatchKey{Part: 1}}
	if out, err := made(t, t.Context(), m); err != nil || !strings.Contains(out, "C1-0002") {
		t.Errorf("%v: %s", err, out)
	}
	m.All, m.Again = true, ofRun{}
	if out, err := made(t, t.Context(), m); err != nil || strings.Contains(out, "remis à personne") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestLettersWhoseFileFailsAreNamed has something stand where their file is to be.
func TestLettersWhoseFileFailsAreNamed(t *testing.T) {
	path, folder := targetedStore(t, 5), t.TempDir()
	m := lettersMakeCmd{letterFlags: letterFlagsFor(path), Number: 1, Kind: "pdf", To: folder, All: true}
	if err := os.Mkdir(filepath.Join(folder, "lettres-C1-0001.pdf"), 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := made(t, t.Context(), m)
	if err == nil || !strings.Contains(sentence(err), "ne peut pas prendre son nom. Vérifiez que son dossier est toujours là") ||
		!strings.Contains(out, "vaccin letters write C1-0001\u00a0» le fait, avec les mêmes options, sauf --kind, --all et --again.") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestOnlyLettersThatArePrintedAreToldToBeReady: of those that are not, or are refused, there is no file to write.
func TestOnlyLettersThatArePrintedAreToldToBeReady(t *testing.T) {
	full := errors.New("full")
	for _, c := range []struct {
		state registry.BatchState
		err   error
		ready bool
	}{{registry.BatchPrinted, full, true}, {registry.BatchPrinting, full, false}, {registry.BatchPrinted, registry.Conflict("Non."), false}} {
		var out bytes.Buffer
		if err := tellNoFile(console{out: &out}, registry.Batch{BatchKey: registry.BatchKey{Run: 1, Part: 2}, State: c.state}, c.err); err != nil ||
			strings.Contains(out.String(), "C1-0002 est prêt") != c.ready {
			t.Errorf("%s, %v: %q, %v", c.state, c.err, out.String(), err)
		}
	}
}
