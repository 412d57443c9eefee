package store

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// Merging a part. Its rows are staged by their blind indexes and the digest of their content alone, and matched with
// records by their natural key, or else by their own NIR and birth date. What is known and unchanged, most of a newer
// file, is not looked at any more. The others are sealed, for the record that each is of, staged again, and
// written. The staging tables are temporary: no dump has them, and no NIR is in them.
const (
	stagedColumns = "line, holder_key, own_key, birth_date, birth_rank, told"
	sealedColumns = "line, num, id, fresh, arrived, named, told, " + patientFields + ", " + insuredFields

	// Of rows of one record the first of the file counts.
	markSeen = "INSERT INTO population_seen (num, line) SELECT num, MIN(line) FROM population_stage WHERE num IS NOT NULL GROUP BY num ORDER BY num" +
		" ON CONFLICT DO NOTHING"
	// Of a row of a first import the number of its record tells the line.
	markLoaded = "INSERT INTO population_seen (num, line) SELECT DISTINCT num, num - $1 FROM population_stage WHERE num > $1 ON CONFLICT DO NOTHING"
	// What is new, says something new, or is of a record of which an earlier row is, with the number of their own that it takes away from
	// the record, and the identity that is kept where a row may tell less.
	selectChanged = "SELECT s.line, s.num, r.id, COALESCE(n.line, 0), COALESCE(p.manual, false), COALESCE(" + otherKey + ", false), " + otherOwn + "," +
		" CASE WHEN r.own_key <> s.own_key THEN r.own_key END, CASE WHEN p.manual OR s.own_key IS NULL AND r.own_key IS NOT NULL THEN p.sealed END" +
		" FROM population_stage s LEFT JOIN record r ON r.num = s.num LEFT JOIN patient p ON p.record_num = s.num" +
		" LEFT JOIN population_seen n ON n.num = s.num WHERE s.num IS NULL OR n.line <> s.line OR p.told <> s.told OR p.manual"
	countStaged = "SELECT COUNT(*) FROM population_stage s JOIN population_seen n ON n.num = s.num WHERE n.line = s.line"
	// Rows that wait for those before them to be written.
	unmarkLater  = "DELETE FROM population_seen WHERE num IN (SELECT num FROM population_stage WHERE line >= $1) AND line >= $1"
	unstageLater = "DELETE FROM population_stage WHERE line >= $1"

	otherKey = "(r.holder_key <> s.holder_key OR r.birth_rank <> s.birth_rank OR " + otherOwn + ")"
	otherOwn = "s.own_key IS NOT NULL AND r.own_key IS DISTINCT FROM s.own_key"
	// Neither the version nor the mark of the last change moves: no decision rests on what is written here.
	moveRecords = "UPDATE record AS r SET holder_key = s.holder_key, birth_rank = s.birth_rank, own_key = COALESCE(s.own_key, r.own_key)" +
		" FROM population_stage s, population_sealed z WHERE s.line = z.line AND r.num = z.num AND NOT z.fresh AND " + otherKey
	insertFreshRecords = "INSERT INTO record (num, id, version, last_change, holder_key, birth_date, birth_rank, blind_key, own_key)" +
		" SELECT z.num, z.id, 1, $1, s.holder_key, s.birth_date, s.birth_rank, $2, s.own_key FROM population_sealed z, population_stage s" +
		" WHERE s.line = z.line AND z.fresh ORDER BY z.line"
	insertFreshPatients = "INSERT INTO patient (record_num, told, " + patientFields + ", " + insuredFields + ")" +
		" SELECT num, told, " + patientFields + ", " + insuredFields + " FROM population_sealed WHERE fresh ORDER BY line"
	markFresh = "INSERT INTO population_seen (num, line) SELECT num, line FROM population_sealed WHERE fresh ORDER BY line"
	// Said last: the record has the key of the row that counts by now.
	insertStagedDuplicates = "INSERT INTO population_duplicate (import, line, of_line, own) SELECT $1, s.line, n.line, " +
		"NOT (r.holder_key = s.holder_key AND r.birth_rank = s.birth_rank) FROM population_stage s, population_seen n, record r" +
		" WHERE n.num = s.num AND r.num = s.num AND n.line <> s.line"
)

// An order by num itself would have the planner go through numbers in search of the key.
var matchStaged = "UPDATE population_stage SET num = COALESCE(" +
	"(SELECT r.num FROM record r WHERE r.holder_key = population_stage.holder_key AND r.birth_date = population_stage.birth_date" +
	" AND r.birth_rank = population_stage.birth_rank), " +
	"(SELECT r.num FROM record r WHERE (" + isOwn("r", " = population_stage.own_key") + ") AND r.birth_date = population_stage.birth_date ORDER BY r.num + 0 LIMIT 1))"

var updateKnown = "UPDATE patient SET told = z.told, " + setFrom("z", patientFields+", "+insuredFields) +
	" FROM population_sealed z WHERE patient.record_num = z.num AND NOT z.fresh"

// mergeAll merges the parts of a file that are not merged yet, in the order of the file.
func (p *populationImport) mergeAll(ctx context.Context, session importSession) error {
	if len(p.done) > 0 { // what the database knows of what is there may be of any moment
		if err := session.do(ctx, importTx.know); err != nil {
			return err
		}
	}
	for part, err := range p.file.Read(ctx, len(p.done)) {
		if err != nil {
			return err
		}
		if err := session.do(ctx, func(tx importTx) error { return p.mergePart(tx, part) }); err != nil {
			return err
		}
		p.progress(registry.PopulationProgress{Line: part.Last})
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return session.do(ctx, func(tx importTx) error {
		if err := p.alone(tx); err != nil {
			return err
		}
		if _, err := tx.exec(dropSettled); err != nil {
			return err
		}
		if err := p.finish(tx); err != nil {
			return err
		}
		return tx.forgetSeen()
	})
}

// changedRow is a row that is new or says something new, or one of a record of which an earlier row is.
type changedRow struct {
	line   int64
	num    cellOfNumber // of the record
	id     cellOfText
	first  int64 // line of the first row of the record
	manual bool
	moved  bool   // to another holder or rank, or to another number of their own; so is who is new and has one
	named  bool   // with a number of their own that the record had not
	lost   []byte // that number as it was, where the row has another
	sealed []byte // what to keep of the identity, if something is
}

func (c *changedRow) columns() []any {
	return []any{&c.line, &c.num, &c.id, &c.first, &c.manual, &c.moved, &c.named, &c.lost, &c.sealed}
}

// arrived tells of who was not known from the referential under these keys: they may be someone entered by hand.
func (c *changedRow) arrived() bool { return !c.num.there || c.moved || c.manual }

// alone refuses to go on beside another process: the file of the embedded store has no lock that is held from part to part.
func (p *populationImport) alone(tx importTx, parts ...int) error {
	latest, err := latestImport(tx)
	if err != nil {
		return err
	}
	elsewhere := latest.number != p.number || latest.state != p.state
	for _, part := range parts {
		if err == nil && !elsewhere {
			elsewhere, err = exists(tx, selectPart, p.number, part)
		}
	}
	if err == nil && elsewhere {
		err = registry.ErrImporting
	}
	return err
}

// mergePart imports a part in one transaction. Its rows are merged together as far as that comes to the same as one after the other: one
// may have the key that another is about to leave.
func (p *populationImport) mergePart(tx importTx, part registry.PopulationPart) error {
	if err := p.alone(tx, part.Number); err != nil {
		return err
	}
	if len(part.Rows) > 0 {
		if err := p.sameKeys(tx); err != nil {
			return err
		}
	}
	var counts registry.PopulationCounts
	const few = 16
	for rows, most := part.Rows, len(part.Rows); len(rows) > 0; {
		some := part
		some.Rows = rows[:min(most, len(rows))]
		merged, err := p.mergeRows(tx, some, &counts)
		if err != nil {
			return err
		}
		rows, most = rows[merged:], max(2*merged, few) // where one had to wait the next may have to
	}
	if p.first { // it counts duplicates as made, and takes them off in the end
		counts.Created = int64(len(part.Rows)) - counts.Updated - counts.Unchanged
	}
	return p.logPart(tx, part, counts)
}

// manyFresh are so many that the tables of a database that had few persons are other ones by now.
const manyFresh = 1_000

// mergeRows merges the first rows of some, and tells how many: those after them are to be matched with what these make of the records.
func (p *populationImport) mergeRows(tx importTx, part registry.PopulationPart, counts *registry.PopulationCounts) (merged int, err error) {
	if err := tx.stage(); err != nil {
		return 0, err
	}
	changed, err := p.match(tx, part)
	if err != nil {
		return 0, err
	}
	if line, waits := p.firstToWait(part, changed); waits {
		for _, sql := range []string{unmarkLater, unstageLater} {
			if _, err := tx.exec(sql, line); err != nil {
				return 0, err
			}
		}
		part.Rows = part.Rows[:rowNumber(part, line)]
		changed = slices.DeleteFunc(changed, func(c changedRow) bool { return c.line >= line })
	}
	changed = slices.DeleteFunc(changed, func(c changedRow) bool { return c.num.there && c.first != c.line }) // they are duplicates
	known := int64(0)
	if err := tx.query(query{sql: countStaged, row: func(scan func(...any) error) error { return scan(&known) }}); err != nil {
		return 0, err
	}
	duplicates, fresh, err := p.sealPart(tx, part, changed)
	if err != nil {
		return 0, err
	}
	updated := int64(len(changed)-len(duplicates)) - fresh
	counts.Created += fresh
	counts.Updated += updated
	counts.Unchanged += known - updated
	if err := p.write(tx, duplicates); err != nil {
		return 0, err
	}
	// A country may come to the few who were entered by hand.
	if p.fresh += fresh; p.fresh >= max(manyFresh, 2*p.known) {
		if err := tx.know(); err != nil {
			return 0, err
		}
		p.known = p.fresh
	}
	return len(part.Rows), p.doubt(tx, part)
}

// firstToWait finds the first row that is not to be matched with the records as they stand: an earlier row moves the record that it was
// found by, or becomes the person that it is itself, or has the number that it takes away from a record, which is a doubt.
func (p *populationImport) firstToWait(part registry.PopulationPart, changed []changedRow) (line int64, waits bool) {
	met, brought := map[personKey]bool{}, map[string]bool{}
	takes := slices.ContainsFunc(changed, func(c changedRow) bool { return c.lost != nil })
	for i := range changed {
		c, row := &changed[i], rowAt(part, changed[i].line)
		natural, own := keysOf(row)
		again := c.num.there && c.first != c.line
		if c.moved && (met[natural] || met[own]) || brought[string(c.lost)] || again && isIn(part, c.first) && !samePerson(row, rowAt(part, c.first)) {
			return c.line, true
		}
		if again {
			continue
		}
		met[natural] = true
		if !row.Own.IsZero() {
			met[own] = true
			if takes {
				brought[string(p.keys.ring.Blind(row.Own.Digits()))] = true
			}
		}
	}
	return 0, false
}

// samePerson tells whether a row that was found by a record is of the person who it is once an earlier row is written.
func samePerson(row, earlier *registry.InsuredRow) bool {
	natural, _ := keysOf(row)
	first, _ := keysOf(earlier)
	return natural == first || earlier.Own.IsZero() || row.Own == earlier.Own // what is not told of an own number stays
}

// match stages rows, and returns those that are not of a person who is known and unchanged, in the order of the file.
func (p *populationImport) match(tx importTx, part registry.PopulationPart) (changed []changedRow, err error) {
	rows := make([][]any, len(part.Rows))
	var plain, room []byte
	for i := range part.Rows {
		row := &part.Rows[i]
		if row.Holder.IsZero() || row.BirthDate.IsZero() {
			return nil, errNoNIR
		}
		plain = appendIdentity(plain[:0], &row.Patient)
		rows[i] = []any{
			row.Line, p.keys.ring.Blind(row.Holder.Digits()), p.keys.blind(row.Own), row.BirthDate.Digits(), row.BirthRank, p.keys.told(&room, plain, row),
		}
	}
	if err := tx.fill("population_stage", stagedColumns, rows); err != nil {
		return nil, err
	}
	if _, err := tx.exec(matchStaged); err != nil {
		return nil, err
	}
	if p.first {
		if _, err := tx.exec(markLoaded, p.base); err != nil {
			return nil, err
		}
	}
	if _, err := tx.exec(markSeen); err != nil {
		return nil, err
	}
	if err := tx.query(into(&changed, (*changedRow).columns, selectChanged)); err != nil {
		return nil, err
	}
	slices.SortFunc(changed, func(a, b changedRow) int { return cmp.Compare(a.line, b.line) })
	return changed, nil
}

// rowNumber is where the row of a line stands in a part.
func rowNumber(part registry.PopulationPart, line int64) int {
	i, _ := slices.BinarySearchFunc(part.Rows, line, func(row registry.InsuredRow, line int64) int { return cmp.Compare(row.Line, line) })
	return i
}

func isIn(part registry.PopulationPart, line int64) bool {
	i := rowNumber(part, line)
	return i < len(part.Rows) && part.Rows[i].Line == line
}

func rowAt(part registry.PopulationPart, line int64) *registry.InsuredRow {
	return &part.Rows[rowNumber(part, line)]
}

// personKey is what two rows of one person have in common.
type personKey struct {
	number nir.Number
	born   registry.BirthDate
	rank   int // 0 for that of their own NIR
}

// keysOf are the two keys of a row; that of their own NIR tells nobody where the row has none.
func keysOf(row *registry.InsuredRow) (natural, own personKey) {
	return personKey{row.Holder, row.BirthDate, row.BirthRank}, personKey{row.Own, row.BirthDate, 0}
}

// sealPart stages what is written of each row, sealed for its record, and returns which rows of new persons are duplicates of earlier
// ones, and how many are of new persons. One with the number of their own that an earlier row brings has waited for that row (firstToWait).
func (p *populationImport) sealPart(tx importTx, part registry.PopulationPart, changed []changedRow) (duplicates []registry.DuplicateRow, fresh int64, err error) {
	lines := map[personKey]int64{}
	ids, err := drawnIDs(p.random, len(changed))
	if err != nil {
		return nil, 0, err
	}
	var rows [][]any
	var room []byte
	var news []int // of rows
	for i, c := range changed {
		row := *rowAt(part, c.line)
		natural, _ := keysOf(&row)
		id := registry.RecordID(ids[i*2*drawnBytes : (i+1)*2*drawnBytes])
		if of := lines[natural]; of != 0 {
			duplicates = append(duplicates, registry.DuplicateRow{Line: c.line, Of: of})
			continue
		}
		lines[natural] = c.line
		if c.num.there {
			id = registry.RecordID(c.id.text)
		} else {
			news = append(news, len(rows))
		}
		told := p.keys.told(&room, appendIdentity(nil, &row.Patient), &row)
		if err := p.keys.keep(&row, id, c); err != nil {
			return nil, 0, err
		}
		insured, err := insuredArgs(row.Patient, row.Insured)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, append([]any{
			c.line, c.num.n, string(id), !c.num.there, c.arrived(), c.named, told,
			p.keys.seal(id, row.Patient), string(row.Sex), row.Locality.PostalCode, row.Locality.CommuneCode, false,
		}, insured...))
	}
	nums, err := p.numbersFor(tx, rows, news)
	if err != nil {
		return nil, 0, err
	}
	for i, at := range news {
		rows[at][1] = nums[i]
	}
	return duplicates, int64(len(news)), tx.fill("population_sealed", sealedColumns, rows)
}

// numbersFor are the numbers of new records, of some rows that are to be staged.
func (p *populationImport) numbersFor(tx importTx, rows [][]any, news []int) ([]int64, error) {
	if !p.first {
		return tx.numbers(len(news))
	}
	nums := make([]int64, len(news)) // in the order of the file, those who were loaded and these
	for i, at := range news {
		nums[i] = p.base + rows[at][0].(int64)
	}
	return nums, nil
}

// keep adds to a row what is kept of the identity that the store has, if anything is.
func (k *identityKeys) keep(row *registry.InsuredRow, id registry.RecordID, c changedRow) error {
	if c.sealed == nil {
		return nil
	}
	var had registry.Patient
	if err := k.open(id, c.sealed, &had); err != nil {
		return err
	}
	if row.Own.IsZero() {
		row.Own = had.Own
	}
	if c.manual {
		row.Contact = row.Completed(had.Contact)
	}
	return nil
}

// write writes what is staged.
func (p *populationImport) write(tx importTx, duplicates []registry.DuplicateRow) error {
	if _, err := tx.exec(updateKnown); err != nil {
		return err
	}
	if _, err := tx.exec(insertFreshRecords, rand.Int64(), p.keys.blindNumber()); err != nil {
		return err
	}
	for _, sql := range []string{insertFreshPatients, markFresh} {
		if _, err := tx.exec(sql); err != nil {
			return err
		}
	}
	if err := tx.lockMoved(); err != nil {
		return err
	}
	if _, err := tx.exec(moveRecords); err != nil {
		return err
	}
	if _, err := tx.exec(insertStagedDuplicates, p.number); err != nil {
		return err
	}
	rows := make([][]any, len(duplicates))
	for i, d := range duplicates {
		rows[i] = []any{p.number, d.Line, d.Of, d.Own}
	}
	return tx.fill("population_duplicate", "import, line, of_line, own", rows)
}
