package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func namesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

func written(text string) func(io.Writer) (bool, error) {
	return func(w io.Writer) (bool, error) {
		_, err := io.WriteString(w, text)
		return true, err
	}
}

func nothing() error { return nil }

// TestAFileIsWrittenInAFolderOfAnyName has folders whose names mean something else as patterns.
func TestAFileIsWrittenInAFolderOfAnyName(t *testing.T) {
	for _, name := range []string{"[lettres", "[2021]", "a*", "b?", `c\d`, " "} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		left := filepath.Join(folder, ".x.pdf.1"+partSuffix)
		if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writeWhole(filepath.Join(folder, "x.pdf"), written("all"), nothing); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if all := namesIn(t, folder); len(all) != 1 || all[0] != "x.pdf" {
			t.Errorf("%q: %v", name, all)
		}
	}
}

// TestTwoWhoWriteOneFileDoNotDisturbEachOther has a second one write it whole in the midst of the first, and when the first is about to
// name its own.
func TestTwoWhoWriteOneFileDoNotDisturbEachOther(t *testing.T) {
	folder := t.TempDir()
	at := filepath.Join(folder, "x.pdf")
	beside := func() error { return writeWhole(at, written("second"), nothing) }
	err := writeWhole(at, func(w io.Writer) (bool, error) {
		_, err := io.WriteString(w, "first")
		return true, errors.Join(err, beside())
	}, beside)
	if err != nil {
		t.Errorf("the first: %v", err)
	}
	if text, err := os.ReadFile(at); err != nil || string(text) != "first" {
		t.Errorf("%q, %v", text, err)
	}
	if all := namesIn(t, folder); len(all) != 1 {
		t.Errorf("files: %v", all)
	}
}

// TestNothingIsToldOfAFolderThatCannotBeLookedInto has a file be refused before anybody is told that it is handed over.
func TestNothingIsToldOfAFolderThatCannotBeLookedInto(t *testing.T) {
	told := 0
	err := writeWhole(filepath.Join(t.TempDir(), "gone", "x.pdf"), written("all"), func() error { told++; return nil })
	if !errors.Is(err, os.ErrNotExist) || told != 0 {
		t.Errorf("%v, told %d times", err, told)
	}
}
