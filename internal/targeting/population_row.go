package targeting

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// leastRow is fewer bytes than any row has that is taken, so that room is made once for the rows of a part.
const leastRow = 30

// rowReader makes rows of lines. It is written for speed: tens of millions of rows go through it. A row costs nothing
// that is not in it: cells are parts of their part's text, and what is plain is seen to be so in one pass.
type rowReader struct {
	layout layout
	today  day
	valid  bool // the lines but the last are known to be UTF-8

	cells         [columns + 1]string // of the row being read, by column
	line          int64               // its number
	part          *Part
	residences    terms[registry.Residence]
	occupations   terms[registry.Occupation]
	workplaces    terms[registry.Workplace]
	comorbidities terms[registry.Comorbidity]
}

func newRowReader(l layout, today registry.Date) rowReader {
	return rowReader{
		layout: l, today: dayOf(today),
		residences:    newTerms(registry.Residences(), registry.ParseResidence),
		occupations:   newTerms(registry.Occupations(), registry.ParseOccupation),
		workplaces:    newTerms(registry.Workplaces(), registry.ParseWorkplace),
		comorbidities: newTerms(registry.AllComorbidities(), registry.ParseComorbidity),
	}
}

// readAll reads the lines of a part, whose rows take the room that there is.
func (r *rowReader) readAll(part *Part, text string, room []Row) {
	part.Rows = slices.Grow(room, min(int(part.Lines), len(text)/leastRow+1))
	r.part, r.line = part, part.Line-1
	for range part.Lines {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		r.line++
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] <= ' ' && strings.TrimSpace(line) == "" {
			continue
		}
		part.Read++
		row := r.nextRow()
		if at, reason := r.readLine(line, rest == "", row); reason != "" {
			*row, part.Rows = Row{}, part.Rows[:len(part.Rows)-1]
			part.Rejected = append(part.Rejected, Remark{r.line, columnNames[at], reason})
		}
	}
	r.part, r.cells = nil, [columns + 1]string{} // the text is the rows' from here on
}

// nextRow is room for a row. What there is already is empty: it is not written twice.
func (r *rowReader) nextRow() *Row {
	n := len(r.part.Rows)
	if n == cap(r.part.Rows) {
		r.part.Rows = slices.Grow(r.part.Rows, 1)
	}
	r.part.Rows = r.part.Rows[:n+1]
	row := &r.part.Rows[n]
	row.Line = r.line
	return row
}

// readLine reads a row. The first problem found is the reason why it is not taken. Warnings come last, when the row is
// sure to be taken.
func (r *rowReader) readLine(line string, last bool, row *Row) (at column, reason string) {
	if len(line) > maxLine {
		return columns, "La ligne est trop longue : elle dépasse 64 Kio. Vérifiez qu’il n’y manque pas une fin de ligne."
	}
	if at, reason := r.split(line); reason != "" {
		return at, reason
	}
	if (!r.valid || last) && !utf8.ValidString(line) {
		for at := range columns {
			if !utf8.ValidString(r.cells[at]) {
				return at, reasonEncoding
			}
		}
		return columns, reasonEncoding
	}
	at, reason = r.readCells(row)
	if reason != "" && r.compose() {
		*row = Row{Line: r.line}
		at, reason = r.readCells(row)
	}
	if reason != "" {
		return at, reason
	}
	r.warn(row)
	return 0, ""
}

// compose joins accents that are written apart from their letter, as some systems write them, and tells whether there
// were any. No name or address is taken with one: only a row that was refused is looked at, and the others cost nothing.
func (r *rowReader) compose() bool {
	apart := false
	for at, text := range r.cells {
		if !norm.NFC.IsNormalString(text) {
			r.cells[at], apart = norm.NFC.String(text), true
		}
	}
	return apart
}

// readCells reads what the cells of a row say.
func (r *rowReader) readCells(row *Row) (at column, reason string) {
	if at, reason = r.readNumbers(row); reason != "" {
		return at, reason
	}
	if at, reason = r.readIdentity(row); reason != "" {
		return at, reason
	}
	if at, reason = r.readContact(row); reason != "" {
		return at, reason
	}
	return r.readInsured(row)
}

const reasonEncoding = "La cellule contient des caractères illisibles. Enregistrez le fichier en UTF-8 et vérifiez cette ligne."

// split cuts a line into its cells. Of a cell whose quotes are wrong it says which; of a number of cells nobody could.
func (r *rowReader) split(line string) (wrong column, reason string) {
	rest, more := line, true
	for i, at := range r.layout {
		if !more {
			return columns, wrongCount(i, len(r.layout))
		}
		if rest != "" && rest[0] == ';' { // many cells are empty
			r.cells[at], rest = "", rest[1:]
			continue
		}
		if rest == "" || rest[0] != '"' {
			if end := strings.IndexByte(rest, ';'); end >= 0 {
				r.cells[at], rest = rest[:end], rest[end+1:]
			} else {
				r.cells[at], rest, more = rest, "", false
			}
			continue
		}
		if r.cells[at], rest, more, reason = nextCell(rest); reason != "" {
			return at, reason
		}
	}
	if more { // empty cells behind are not forgiven: they may be the last of a row shifted by a stray semicolon
		return columns, wrongCount(len(r.layout)+1+strings.Count(rest, ";"), len(r.layout))
	}
	return columns, ""
}

func wrongCount(cells, want int) string {
	return fmt.Sprintf("La ligne a %s au lieu de %d. Vérifiez les points-virgules et les guillemets.", registry.Counted(cells, "colonne", "colonnes"), want)
}

// cell returns a cell without spaces around.
func (r *rowReader) cell(at column) string {
	text := r.cells[at]
	if text == "" || plainEnd(text[0]) && plainEnd(text[len(text)-1]) {
		return text
	}
	return strings.TrimSpace(text)
}

// plainEnd tells bytes that no space has.
func plainEnd(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// readNumbers reads the two NIRs.
func (r *rowReader) readNumbers(row *Row) (column, string) {
	holder, own := r.cell(colHolder), r.cell(colOwn)
	if holder == "" {
		return colHolder, "Le NIR de l’ouvrant droit manque. Indiquez ses 13 caractères, avec ou sans la clé."
	}
	var err error
	if row.Holder, err = nir.ParseKeyless(holder); err != nil {
		return colHolder, reasonOf(err)
	}
	switch own {
	case "":
	case holder:
		row.Own = row.Holder
	default:
		if row.Own, err = nir.ParseKeyless(own); err != nil {
			return colOwn, reasonOf(err)
		}
	}
	return 0, ""
}

// reasonOf is what an error says to whoever keeps the file.
func reasonOf(err error) string {
	var number *nir.Error
	if errors.As(err, &number) {
		return number.FileMessage()
	}
	return err.Error() // a registry.Error, which is its sentence
}

// readIdentity reads who the person is.
func (r *rowReader) readIdentity(row *Row) (column, string) {
	var err error
	if row.BirthName, err = registry.ReadName(r.cells[colBirthName], "Le nom de naissance manque. Indiquez-le."); err != nil {
		return colBirthName, reasonOf(err)
	}
	row.UsedName = row.BirthName
	if used := r.cells[colUsedName]; used != "" && r.cell(colUsedName) != "" {
		if row.UsedName, err = registry.ReadName(used, ""); err != nil {
			return colUsedName, reasonOf(err)
		}
	}
	if row.GivenNames, err = registry.ReadName(r.cells[colGivenNames], "Le ou les prénoms manquent. Indiquez-les."); err != nil {
		return colGivenNames, reasonOf(err)
	}
	switch r.cell(colSex) {
	case "F", "f", "2":
		row.Sex = registry.Female
	case "M", "m", "H", "h", "1":
		row.Sex = registry.Male
	case "":
		return colSex, "Le sexe manque. Écrivez F ou M."
	default:
		return colSex, "Le sexe n’est pas lisible. Écrivez F ou M."
	}
	if reason := r.readDates(row); reason.text != "" {
		return reason.at, reason.text
	}
	rank := r.cell(colRank)
	if rank == "" {
		return colRank, "Le rang de naissance manque. Indiquez 1 en général, 2 pour le deuxième de jumeaux, ou le rang du régime."
	}
	rank = strings.TrimPrefix(rank, "0")
	if len(rank) != 1 || rank[0] < '1' || rank[0] > '9' {
		return colRank, "Le rang de naissance n’est pas un nombre de 1 à 9. Indiquez 1 en général, 2 pour le deuxième de jumeaux, ou le rang du régime."
	}
	row.BirthRank = int(rank[0] - '0')
	return 0, ""
}

// readContact reads how to reach the person. A row whose address or telephone cannot be read is not taken without it:
// it would take the place of one that is right.
func (r *rowReader) readContact(row *Row) (column, string) {
	var err error
	if row.Address, err = registry.ReadText(r.cells[colAddress], registry.AddressLimit); err != nil {
		return colAddress, reasonOf(err)
	}
	if row.Locality.PostalCode = r.cell(colPostalCode); row.Locality.PostalCode != "" {
		if reason := wrongPostalCode(row.Locality.PostalCode); reason != "" {
			return colPostalCode, reason
		}
	}
	if row.Locality.Name, err = registry.ReadText(r.cells[colCommune], localityLimit); err != nil {
		return colCommune, reasonOf(err)
	}
	if row.Locality.CommuneCode = strings.ToUpper(r.cell(colCommuneCode)); row.Locality.CommuneCode != "" && !communeCode(row.Locality.CommuneCode) {
		return colCommuneCode, "Le code de la commune n’a pas 5 chiffres (ou 2A ou 2B et 3 chiffres). Indiquez celui de l’Insee, qui n’est pas le code postal."
	}
	if row.Phone, err = registry.ReadPhone(r.cell(colPhone)); err != nil {
		return colPhone, reasonOf(err)
	}
	if row.Email, err = registry.ReadEmail(r.cell(colEmail)); err != nil {
		return colEmail, reasonOf(err)
	}
	return 0, ""
}

// localityLimit is the most characters of a commune's name; the longest has 45.
const localityLimit = 80

func wrongPostalCode(code string) string {
	switch {
	case len(code) != 5 || !digits(code):
		return "Le code postal n’a pas 5 chiffres. Complétez-le, et laissez-le vide pour une adresse à l’étranger."
	case code[:2] == "99":
		return "Le code postal est celui d’un pays étranger. Laissez-le vide et mettez le pays dans l’adresse."
	case code[:2] == "00" || code[:2] == "96":
		return "Ce code postal n’existe pas. Vérifiez-le."
	}
	return ""
}

// communeCode tells whether a text has the shape of a commune's code.
func communeCode(code string) bool {
	if len(code) != 5 {
		return false
	}
	return digits(code) || (code[:2] == "2A" || code[:2] == "2B") && digits(code[2:])
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i]-'0' > 9 {
			return false
		}
	}
	return true
}
