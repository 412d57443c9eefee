package referential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

func TestEncodingIsTold(t *testing.T) {
	cp1252 := "ville;caf\xe9\nO\x9c\x80;pr\xeat\n"
	tests := []struct {
		name, text string
		want       Encoding
	}{
		{"ascii", "a;b\n", UTF8},
		{"UTF-8", "é;è\n", UTF8},
		{"UTF-8 with a byte order mark", "\uFEFFa;b\n", UTF8},
		{"Windows-1252", cp1252, Windows1252},
		{"UTF-8 with one broken byte", strings.Repeat("é", 20) + "\xe9\n", UTF8},
		{"a character across two blocks", strings.Repeat("a", 32*1024-1) + "é", UTF8},
		{"a lone last byte", "caf\xe9", Windows1252},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := source(t, test.name, []byte(test.text)).Encoding; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestWhatIsNoTextIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"UTF-16 of Windows":  "\xff\xfea\x00;\x00",
		"UTF-16 of networks": "\xfe\xff\x00a",
		"a workbook":         "PK\x03\x04xl/workbook.xml",
		"zeros":              "a;b\x00c\n",
	} {
		if _, err := NewSource(name, strings.NewReader(text)); registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDigestIsThatOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lots.csv")
	text := []byte("vaccin;lot\nComirnaty;ZZ1\n")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sum := sha256.Sum256(text)
	if s.Digest != hex.EncodeToString(sum[:]) || s.Size != int64(len(text)) || s.Name != "lots.csv" {
		t.Errorf("got %+v", s)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent.csv")); registry.KindOf(err) != registry.KindInvalid {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := Open(t.TempDir()); registry.KindOf(err) != registry.KindInvalid {
		t.Errorf("a folder: %v", err)
	}
}

// Every reader refuses as a whole what is not its file, with a sentence for the operator.
func TestHopelessFilesAreRefusedWhole(t *testing.T) {
	files := map[string]string{
		"empty":           "",
		"blank":           "\n\n  \n",
		"a header alone":  "vaccin;lot\n",
		"another table":   "a;b;c\n1;2;3\n",
		"prose":           "Bonjour,\nvoici le fichier demandé.\n",
		"one huge line":   strings.Repeat("x;", maxLine),
		"a page":          "<!DOCTYPE html><html><body>404</body></html>\n",
		"a byte mark":     "\uFEFF",
		"a huge header":   strings.Repeat("vaccin;", maxLine) + "\nComirnaty;1\n",
		"only delimiters": ";;;;\n;;;;\n",
	}
	for reader, read := range readers(t) {
		for name, text := range files {
			change, report, err := read(source(t, name, []byte(text)))
			if registry.KindOf(err) != registry.KindInvalid || Rows(change) > 0 || report.Accepted > 0 {
				t.Errorf("%s reads %s: %v, %+v", reader, name, err, report)
			}
		}
	}
}

func readers(t testing.TB) map[string]Reader {
	vaccines := builtinReference(t).Vaccines
	return map[string]Reader{
		"localities": ReadLaPoste(nil), "own localities": readOwnLocalities, "places": ReadCentres, "finess": ReadFINESS,
		"lots": ReadLots(vaccines), "practice places": ReadPracticePlaces, "openings": ReadOpenings, "objections": ReadObjectionLimits, "vaccines": ReadVaccines,
		"schedules": ReadSchedules(vaccines),
	}
}

// Rows that cannot be cut or read are refused one by one; those around them are taken.
func TestBadRowsDoNotTouchTheirNeighbours(t *testing.T) {
	long := strings.Repeat("x", maxLine+10)
	tests := []struct {
		name, row, column string
		rejected          int
	}{
		{"too long a line", "Comirnaty;" + long, "", 1},
		{"an open quote", `Comirnaty;"ZZ`, "", 1},
		{"too few cells", "Comirnaty", "", 1},
		{"too many cells", "Comirnaty;ZZ8;ZZ9", "", 1},
		{"an invisible character", "Comirnaty;ZZ\u200b8", "lot", 1},
		{"a control character", "Comirnaty;ZZ\x078", "lot", 1},
		{"broken UTF-8", "Comirnaty;ZZ\xe98", "lot", 1},
		{"too long a cell", "Comirnaty;" + strings.Repeat("Z", 21), "lot", 1},
		{"an empty cell", ";ZZ8", "vaccin", 1},
		{"a formula", "Comirnaty;=1+1", "lot", 1},
		{"an empty last cell more", "Comirnaty;ZZ8;", "", 0},
		{"quotes", `"Comirnaty";"ZZ8"`, "", 0},
		{"a blank line", "", "", 0},
	}
	read := ReadLots(builtinReference(t).Vaccines)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// The last row is refused too: its accents keep the file in UTF-8.
			text := "vaccin;lot\nComirnaty;ZZ1\n" + test.row + "\nComirnaty;ZZ2\néééé;ZZ3\n"
			change, report, err := read(source(t, test.name, []byte(text)))
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Rejected) != test.rejected+1 {
				t.Fatalf("rejected: %+v", report.Rejected)
			}
			if got := report.Rejected[0]; test.rejected > 0 && (got.Line != 3 || got.Column != test.column) {
				t.Errorf("rejected: %+v", got)
			}
			if change.Lots[0].Number != "ZZ1" || change.Lots[len(change.Lots)-1].Number != "ZZ2" {
				t.Errorf("lots: %v", change.Lots)
			}
			checkReport(t, change, report)
		})
	}
}

func TestTooManyRowsAreRefused(t *testing.T) {
	s := source(t, "long", append([]byte("vaccin;lot\n"), bytes.Repeat([]byte("Comirnaty;Z\n"), 11)...))
	s.rows = 11
	if _, _, err := ReadLots(builtinReference(t).Vaccines)(s); err != nil {
		t.Fatal(err)
	}
	s.rows = 10
	if _, _, err := ReadLots(builtinReference(t).Vaccines)(s); registry.KindOf(err) != registry.KindInvalid {
		t.Errorf("got %v", err)
	}
}

func TestTrialRowsAreTold(t *testing.T) {
	for name, want := range map[string]bool{
		"test": true, "TEST 2": true, "Centre test": true, "Essai Doctolib": true, "Salle X (ne pas utiliser)": true, "123": true,
		"Centre de dépistage et de test antigénique": false, "Salle Testud": false, "Gymnase de l’Essaillon": false,
	} {
		if got := isTrial(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestProgressFollowsTheFile(t *testing.T) {
	s := source(t, "lots", append([]byte("vaccin;lot\n"), bytes.Repeat([]byte("Comirnaty;Z\n"), 5000)...))
	told := []int64{}
	s.OnRead = func(position int64) { told = append(told, position) }
	if _, _, err := ReadLots(builtinReference(t).Vaccines)(s); err != nil {
		t.Fatal(err)
	}
	for i, position := range told {
		if position > s.Size || i > 0 && position <= told[i-1] {
			t.Fatalf("positions %v of %d", told, s.Size)
		}
	}
	if len(told) < 5 {
		t.Errorf("told %d times", len(told))
	}
}
