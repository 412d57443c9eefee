package targeting

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// title is what the file is called when it is not one.
const title = "référentiel des assurés"

// column is a column of the format.
type column int

const (
	colHolder column = iota
	colOwn
	colBirthDate
	colRank
	colBirthName
	colUsedName
	colGivenNames
	colSex
	colAddress
	colPostalCode
	colCommune
	colCommuneCode
	colPhone
	colEmail
	colResidence
	colEstablishment
	colOccupation
	colWorkplace
	colConditions
	colComorbidities
	colScheme
	colDied
	columns // how many there are; where the cells go of columns that the format does not know
)

// columnNames are the columns of the format as files and remarks name them.
var columnNames = [columns + 1]string{
	colHolder: "nir_ouvrant_droit", colOwn: registry.OwnColumn, colBirthDate: "date_naissance", colRank: "rang",
	colBirthName: "nom_naissance", colUsedName: "nom_usage", colGivenNames: "prenoms", colSex: "sexe",
	colAddress: "adresse", colPostalCode: "code_postal", colCommune: "commune", colCommuneCode: "code_commune",
	colPhone: "telephone", colEmail: "email", colResidence: "residence", colEstablishment: "etablissement",
	colOccupation: "metier", colWorkplace: "lieu_travail", colConditions: "ald", colComorbidities: "comorbidites",
	colScheme: "regime", colDied: "date_deces", columns: "",
}

// requiredColumns are those without which a person cannot be told from another.
var requiredColumns = []column{colHolder, colBirthDate, colRank, colBirthName, colGivenNames, colSex}

// layout says which column each cell of a row is of.
type layout []column

const byteOrderMark = "\xEF\xBB\xBF"

// foreign are the first bytes of what is no UTF-8 text.
var foreign = []struct{ start, reason string }{
	{"\xFF\xFE", "Ce fichier est en UTF-16. Enregistrez-le en CSV UTF-8, puis recommencez."},
	{"\xFE\xFF", "Ce fichier est en UTF-16. Enregistrez-le en CSV UTF-8, puis recommencez."},
	{"PK", "Ce fichier est une archive ou un classeur. Extrayez-en le fichier CSV, puis recommencez."},
	{"\x1F\x8B", "Ce fichier est compressé. Décompressez-le, puis recommencez."},
	{"PAR1", "Ce fichier est au format Parquet. Convertissez-le en CSV UTF-8, puis recommencez."},
}

const otherEncoding = "Ce fichier n’est pas en UTF-8, mais sans doute en Windows-1252. Enregistrez-le en CSV UTF-8, puis recommencez."

// openHeader reads the header: the first line that is not blank.
func (f *PopulationFile) openHeader() error {
	start := make([]byte, min(f.Size, maxLine))
	if err := f.readAt(start, 0); err != nil {
		return err
	}
	for _, is := range foreign {
		if bytes.HasPrefix(start, []byte(is.start)) {
			return invalid("%s", is.reason)
		}
	}
	text := strings.TrimLeft(string(start), byteOrderMark) // some programs write one byte order mark more, which nobody sees
	f.start, f.headerLine = int64(len(start)-len(text)), 0
	for {
		line, rest, ended := strings.Cut(text, "\n")
		f.start, f.headerLine = f.start+int64(len(line)), f.headerLine+1
		if ended {
			f.start++
		}
		switch line = strings.TrimSuffix(line, "\r"); {
		case !ended && f.start < f.Size:
			if err := noLines(line); err != nil {
				return err
			}
			return invalid("La première ligne de ce fichier est trop longue pour un en-tête (%s).", title)
		case strings.TrimSpace(line) != "":
			return f.readHeader(line)
		case !ended:
			return invalid("Ce fichier est vide (%s).", title)
		}
		text = rest
	}
}

// noLines says of what stands before the first line break why it is no line of a text, nil where it may be one.
func noLines(line string) error {
	switch {
	case strings.ContainsRune(line, 0):
		return invalid("Ce fichier n’est pas un texte en UTF-8. Enregistrez-le en CSV UTF-8, puis recommencez.")
	case strings.ContainsRune(line, '\r'):
		return invalid("Les lignes de ce fichier se terminent par un retour chariot seul. Convertissez ses fins de ligne en celles d’Unix ou de Windows, " +
			"ou enregistrez-le en CSV UTF-8 depuis un tableur, puis recommencez.")
	}
	return nil
}

// readHeader finds the columns by their names. Two of one name are refused, for nothing tells which is meant.
func (f *PopulationFile) readHeader(line string) error {
	if err := noLines(line); err != nil {
		return err
	}
	if !utf8.ValidString(line) { // or else « Prénoms » would be said to be absent, which everybody sees there
		return invalid(otherEncoding)
	}
	var cells []string
	for rest, more := line, true; more; {
		var cell, wrong string
		if cell, rest, more, wrong = nextCell(rest); wrong != "" {
			return invalid("L’en-tête de ce fichier ne peut pas être lu. %s", wrong)
		}
		cells = append(cells, cell)
	}
	found := [columns]bool{}
	for _, cell := range cells {
		c := columnNamed(cell)
		if c < columns && found[c] {
			return invalid("L’en-tête a deux fois la colonne « %s ». Retirez celle qui est de trop.", columnNames[c])
		}
		if f.layout = append(f.layout, c); c < columns {
			found[c] = true
		} else if name := strings.TrimSpace(cell); name != "" {
			f.Ignored = append(f.Ignored, name)
		}
	}
	missing := []string{}
	for c, there := range found {
		switch {
		case there:
			f.Columns = append(f.Columns, columnNames[c])
		case slices.Contains(requiredColumns, column(c)):
			missing = append(missing, "« "+columnNames[c]+" »")
		default:
			f.Absent = append(f.Absent, columnNames[c])
		}
	}
	if len(missing) > 0 {
		return invalid("Ce n’est pas un fichier de ce type (%s) : l’en-tête n’a pas %s. Les colonnes sont séparées par des points-virgules.",
			title, strings.Join(missing, ", "))
	}
	if slices.ContainsFunc(f.Ignored, withoutLetter) {
		return invalid("L’en-tête a une colonne dont le nom n’a pas de lettre : il y manque sans doute la fin de ligne avant la première personne. " +
			"Rétablissez-la, ou donnez à cette colonne un nom qui a des lettres.")
	}
	return nil
}

// withoutLetter tells a number or a date from the name of a column. Where the line of a person is joined to the header, what that says would be
// told on the console, as names that are ignored.
func withoutLetter(name string) bool { return !strings.ContainsFunc(name, unicode.IsLetter) }

// columnNamed finds a column whatever the capitals, accents and signs between words; columns when there is none.
func columnNamed(cell string) column {
	fold := func(name string) string { return registry.Fold(strings.ReplaceAll(name, "_", " ")) }
	for c, name := range columnNames[:columns] {
		if fold(name) == fold(cell) {
			return column(c)
		}
	}
	return columns
}

// What is wrong with the quotes of a cell.
const (
	reasonOpenQuote = "Un guillemet n’est pas fermé. Fermez-le, et doublez ceux que le texte contient\u00a0: une cellule tient sur une seule ligne."
	reasonAfter     = "Du texte suit le guillemet qui ferme une cellule. Retirez ce texte ou les guillemets de la cellule\u00a0; si un guillemet fait partie du texte, doublez-le."
)

// nextCell takes the first cell off a row, and says whether there are more and what is wrong with its quotes. Quotes
// count only at the start of a cell; doubled within, they stand for one.
func nextCell(row string) (cell, rest string, more bool, wrong string) {
	if !strings.HasPrefix(row, `"`) {
		cell, rest, more = strings.Cut(row, ";")
		return cell, rest, more, ""
	}
	var text strings.Builder
	for row = row[1:]; ; {
		at := strings.IndexByte(row, '"')
		if at < 0 {
			return "", "", false, reasonOpenQuote
		}
		text.WriteString(row[:at])
		row = row[at+1:]
		switch {
		case row == "":
			return text.String(), "", false, ""
		case row[0] == ';':
			return text.String(), row[1:], true, ""
		case row[0] != '"':
			return "", "", false, reasonAfter
		}
		text.WriteByte('"')
		row = row[1:]
	}
}
