package storetest

import (
	"errors"
	"slices"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// How files are imported in a life.

// begunFile is a file of which the import was stopped.
type begunFile struct {
	file   registry.PopulationFile
	rows   []registry.InsuredRow
	parts  int // that are imported
	taken  int // their rows
	counts registry.PopulationCounts
	twice  []registry.DuplicateRow
}

// newer is the newest file as it is told next: some are new, some are told otherwise, some are not told of any more.
func (l *life) newer(t *rapid.T) []registry.InsuredRow {
	rows := slices.Clone(l.rows)
	for range rapid.IntRange(1, 4).Draw(t, "changes") {
		kind := rapid.IntRange(0, 9).Draw(t, "change")
		if len(rows) == 0 || kind < 4 {
			rows = append(rows, l.newcomer(t))
			continue
		}
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		switch kind {
		case 4:
			rows[i].Died = registry.MustDate(daysOfDeath[1])
		case 5:
			rows[i].Contact = drawnContact(t)
		case 6:
			rows[i].Holder, rows[i].BirthRank = l.number(t), rapid.IntRange(1, 2).Draw(t, "rank")
		case 7:
			rows[i].Own = l.number(t)
		case 8:
			rows = slices.Delete(rows, i, i+1)
		default:
			rows[i].Residence = drawnResidence(t)
		}
	}
	for i := range rows {
		rows[i].Line = int64(i + 2)
	}
	return rows
}

// daysOfDeath are when those die who do, as files tell it.
var daysOfDeath = []string{"2021-01-10", "2021-01-15"}

func (l *life) newcomer(t *rapid.T) (row registry.InsuredRow) {
	row.Patient = l.draw(t)
	phone := row.Phone
	row.Contact = drawnContact(t)
	row.Phone = phone
	row.Residence = drawnResidence(t)
	if rapid.IntRange(0, 7).Draw(t, "dead") == 0 {
		row.Died = registry.MustDate(daysOfDeath[0])
	}
	return row
}

func drawnResidence(t *rapid.T) registry.Residence {
	return rapid.SampledFrom([]registry.Residence{registry.ResidenceEHPAD, registry.ResidenceHome, 0}).Draw(t, "residence")
}

func drawnContact(t *rapid.T) registry.Contact {
	return rapid.SampledFrom([]registry.Contact{
		{Address: "3 rue des Lilas", Locality: registry.Locality{PostalCode: "75011", Name: "Paris", CommuneCode: "75111"}},
		{Address: "5 rue du Port", Locality: registry.Locality{PostalCode: "42000", Name: "Saint-Étienne", CommuneCode: "42218"}, Email: "j@exemple.fr"},
		{Address: "7 Unter den Linden, Berlin"},
	}).Draw(t, "contact")
}

func (l *life) importNewer(t *rapid.T) {
	l.wholeFile(t, l.newer(t))
}

// importSame imports the newest file once more: nothing changes.
func (l *life) importSame(t *rapid.T) {
	l.wholeFile(t, l.rows)
}

func (l *life) wholeFile(t *rapid.T, rows []registry.InsuredRow) {
	if len(rows) == 0 {
		return
	}
	file := cutFile(rows, rapid.IntRange(1, 9).Draw(t, "rows of a part"))
	l.file = l.fileUnderWay(file, rows)
	l.goOn(t)
}

// fileUnderWay is what is known of the import of a file: where it stands, if it is the one that was stopped.
func (l *life) fileUnderWay(file registry.PopulationFile, rows []registry.InsuredRow) *begunFile {
	if l.file != nil && l.file.file.Digest == file.Digest && l.file.file.PartSize == file.PartSize {
		return l.file
	}
	l.begin()
	return &begunFile{file: file, rows: rows}
}

// beginImport stops an import after some parts, which is no first one: that keeps everybody out until it ends.
func (l *life) beginImport(t *rapid.T) {
	rows := l.newer(t)
	if len(rows) == 0 {
		return
	}
	size := rapid.IntRange(1, 3).Draw(t, "rows of a part")
	file := cutFile(rows, size)
	if file.Digest == l.latest {
		return
	}
	parts := rapid.IntRange(0, file.Parts-1).Draw(t, "parts")
	l.file = l.fileUnderWay(file, rows)
	if _, err := l.populate(stoppedAfter(file, parts)); !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
	l.latest = "" // whichever file comes next may tell something new
	l.begun = true
	l.file.parts = max(l.file.parts, parts)
	l.takeTo(max(l.file.taken, parts*size))
}

// takeTo takes the rows of the file under way up to one.
func (l *life) takeTo(row int) {
	f := l.file
	f.twice = append(f.twice, l.takeRows(f.rows[f.taken:row], &f.counts)...)
	f.taken = row
}

func (l *life) goOnImporting(t *rapid.T) {
	l.goOn(t)
}

// goOn imports the rest of a file.
func (l *life) goOn(t *rapid.T) {
	f := l.file
	already := f.file.Digest == l.latest
	got, err := l.populate(f.file)
	if err != nil || got.Already != already {
		t.Fatalf("imported before: %t, not %t; %v", got.Already, already, err)
	}
	l.file = nil
	if already {
		return
	}
	l.file = f
	l.takeTo(len(f.rows))
	l.settle()
	parts := slices.Repeat([]string{did(registry.ActionImportPersons)}, f.file.Parts-f.parts)
	l.logs(t, append(parts, did(registry.ActionEndImportPersons))...)
	l.same(t, "the counts", got.PopulationCounts, f.counts)
	l.same(t, "the duplicates", l.duplicates(), f.twice)
	l.file, l.latest, l.rows = nil, f.file.Digest, f.rows
}
