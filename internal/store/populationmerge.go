package store

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// Merging a part. Its rows are staged by their blind indexes and the digest of their content alone, and matched with
// records by their natural key, or else by their own NIR and birth date. What is known and unchanged, most of a newer
// file, is not looked at any more. The others are sealed, for the record that each is of, staged again, and
// written. The staging tables are temporary: no dump has them, and no NIR is in them.
const (
	stagedColumns = "line, holder_key, own_key, birth_date, birth_rank, told"
	sealedColumns = "line, num, id, fresh, told, " + patientFields + ", " + insuredFields

	// Of rows of one record the first of the file counts.
	markSeen = "INSERT INTO population_seen (num, line) SELECT num, MIN(line) FROM population_stage WHERE num IS NOT NULL GROUP BY num ORDER BY num" +
		" ON CONFLICT DO NOTHING"
	// What is new or says something new, with the identity that is kept where a row may tell less.
	selectChanged = "SELECT s.line, s.num, r.id, COALESCE(p.manual, false), CASE WHEN p.manual OR s.own_key IS NULL AND r.own_key IS NOT NULL THEN p.sealed END" +
		" FROM population_stage s LEFT JOIN record r ON r.num = s.num LEFT JOIN patient p ON p.record_num = s.num" +
		" LEFT JOIN population_seen n ON n.num = s.num WHERE s.num IS NULL OR n.line = s.line AND (p.told <> s.told OR p.manual)"
	countStaged = "SELECT COUNT(*) FROM population_stage s JOIN population_seen n ON n.num = s.num WHERE n.line = s.line"

	otherKey = "(record.holder_key <> s.holder_key OR record.birth_rank <> s.birth_rank OR s.own_key IS NOT NULL AND record.own_key IS DISTINCT FROM s.own_key)"
	// Neither the version nor the mark of the last change moves: no decision rests on what is written here.
	moveRecords = "UPDATE record SET holder_key = s.holder_key, birth_rank = s.birth_rank, own_key = COALESCE(s.own_key, record.own_key)" +
		" FROM population_stage s, population_sealed z WHERE s.line = z.line AND record.num = z.num AND NOT z.fresh AND " + otherKey
	insertFreshRecords = "INSERT INTO record (num, id, version, last_change, holder_key, birth_date, birth_rank, blind_key, own_key)" +
		" SELECT z.num, z.id, 1, $1, s.holder_key, s.birth_date, s.birth_rank, $2, s.own_key FROM population_sealed z, population_stage s" +
		" WHERE s.line = z.line AND z.fresh ORDER BY z.line"
	insertFreshPatients = "INSERT INTO patient (record_num, told, " + patientFields + ", " + insuredFields + ")" +
		" SELECT num, told, " + patientFields + ", " + insuredFields + " FROM population_sealed WHERE fresh ORDER BY line"
	markFresh = "INSERT INTO population_seen (num, line) SELECT num, line FROM population_sealed WHERE fresh ORDER BY line"
	// A row that is an earlier one's duplicate says nothing of the person of the record that it was matched with.
	unmarkSeen   = "DELETE FROM population_seen WHERE num = (SELECT num FROM population_stage WHERE line = $1) AND line = $1"
	unmatchStage = "UPDATE population_stage SET num = NULL WHERE line = $1"
	// Said last: the record has the key of the row that counts by now.
	insertStagedDuplicates = "INSERT INTO population_duplicate (import, line, of_line, own) SELECT $1, s.line, n.line, " +
		"NOT (r.holder_key = s.holder_key AND r.birth_rank = s.birth_rank) FROM population_stage s, population_seen n, record r" +
		" WHERE n.num = s.num AND r.num = s.num AND n.line <> s.line"

	doubtOnce = " ON CONFLICT DO NOTHING"
	// Those entered by hand whom someone new of the file may be.
	selectLikeManual = "SELECT s.line, z.num, r.num, r.id, r.birth_date, %s, p.sealed FROM population_sealed z, population_stage s, record r, patient p" +
		" WHERE s.line = z.line AND z.fresh AND r.num <> z.num AND p.record_num = r.num AND p.manual AND "
	sameFamily = "r.holder_key = s.holder_key AND (r.birth_date = s.birth_date OR r.birth_rank = s.birth_rank)"
	// Whoever entered them typed the number on their card as that of a holder.
	underOwn    = "r.holder_key = s.own_key AND r.birth_date = s.birth_date AND s.own_key <> s.holder_key"
	insertDoubt = "INSERT INTO doubtful_match (record_num, other_num, reason, at) VALUES ($1, $2, $3, $4)" + doubtOnce
	// Whoever was reconciled later in the file is no longer in doubt.
	dropSettled = "DELETE FROM doubtful_match WHERE decision = '' AND reason IN ('rank', 'birth', 'typed') AND NOT EXISTS (SELECT 1 FROM patient p" +
		" WHERE p.record_num = doubtful_match.other_num AND p.manual)"
)

// An order by num itself would have the planner go through numbers in search of the key.
var matchStaged = "UPDATE population_stage SET num = COALESCE(" +
	"(SELECT r.num FROM record r WHERE r.holder_key = population_stage.holder_key AND r.birth_date = population_stage.birth_date" +
	" AND r.birth_rank = population_stage.birth_rank), " +
	"(SELECT r.num FROM record r WHERE (" + isOwn("r", " = population_stage.own_key") + ") AND r.birth_date = population_stage.birth_date ORDER BY r.num + 0 LIMIT 1))"

// The same NIR of their own: with another birth date, or with the same one, where the natural key is another record's. Each condition is
// asked by itself: of both as one the planner could think of no index.
var insertOwnDoubts = func() string {
	either := ownConditions("r", " = s.own_key")
	pairs := func(own string) string {
		return "SELECT z.num, r.num AS other, CASE WHEN r.birth_date = s.birth_date THEN 'elsewhere' ELSE 'own-number' END AS reason" +
			" FROM population_sealed z, population_stage s, record r WHERE s.line = z.line AND " + own + " AND r.num <> z.num" +
			" AND NOT EXISTS (SELECT 1 FROM doubtful_match d WHERE d.record_num = r.num AND d.other_num = z.num)"
	}
	return "INSERT INTO doubtful_match (record_num, other_num, reason, at) SELECT num, MIN(other), reason, CAST($1 AS BIGINT) FROM (" +
		pairs(either[0]) + " UNION ALL " + pairs(either[1]) + ") pair WHERE true GROUP BY num, reason" + doubtOnce
}()

var likeManuals = fmt.Sprintf(selectLikeManual, "false") + sameFamily + " UNION ALL " + fmt.Sprintf(selectLikeManual, "true") + underOwn

var updateKnown = "UPDATE patient SET told = z.told, " + setFrom("z", patientFields+", "+insuredFields) +
	" FROM population_sealed z WHERE patient.record_num = z.num AND NOT z.fresh"

// mergeAll merges the parts of a file that are not merged yet, in the order of the file.
func (p *populationImport) mergeAll(ctx context.Context, session importSession) error {
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

// changedRow is a row that is new or says something new.
type changedRow struct {
	line   int64
	num    cellOfNumber // of the record
	id     cellOfText
	manual bool
	sealed []byte // what to keep of the identity, if something is
}

func (c *changedRow) columns() []any { return []any{&c.line, &c.num, &c.id, &c.manual, &c.sealed} }

// alone refuses to go on beside another process: the file of the embedded store has no lock that is held from part to part.
func (p *populationImport) alone(tx importTx, parts ...int) error {
	latest, err := latestImport(tx)
	if err != nil {
		return err
	}
	elsewhere := latest.number != p.number || latest.state != importRows
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

// mergePart imports a part in one transaction.
func (p *populationImport) mergePart(tx importTx, part registry.PopulationPart) error {
	if err := p.alone(tx, part.Number); err != nil {
		return err
	}
	var c registry.PopulationCounts
	if len(part.Rows) > 0 {
		if err := tx.stage(); err != nil {
			return err
		}
		if err := p.sameKeys(tx); err != nil {
			return err
		}
		changed, duplicates, known, err := p.match(tx, part)
		if err != nil {
			return err
		}
		if c.Created, err = p.sealPart(tx, part, changed); err != nil {
			return err
		}
		c.Updated = int64(len(changed)) - c.Created
		c.Unchanged = known - c.Updated
		if err := p.write(tx, duplicates); err != nil {
			return err
		}
		if err := p.doubt(tx, part); err != nil {
			return err
		}
	}
	return p.logPart(tx, part, c)
}

// match stages the rows of a part, and returns those to write, those that are duplicates of one to write before them, and how many are of persons
// that the store knows.
func (p *populationImport) match(
	tx importTx, part registry.PopulationPart,
) (changed []changedRow, duplicates []registry.DuplicateRow, known int64, err error) {
	if err := p.stageRows(tx, part); err != nil {
		return nil, nil, 0, err
	}
	for more := true; more; { // for the row that counts in the place of one that says nothing may be a duplicate itself
		if _, err := tx.exec(markSeen); err != nil {
			return nil, nil, 0, err
		}
		var all []changedRow
		if err := tx.query(into(&all, (*changedRow).columns, selectChanged)); err != nil {
			return nil, nil, 0, err
		}
		var misnaming []int64
		changed, duplicates, misnaming = tellApart(part, all)
		for _, line := range misnaming {
			for _, sql := range []string{unmarkSeen, unmatchStage} {
				if _, err := tx.exec(sql, line); err != nil {
					return nil, nil, 0, err
				}
			}
		}
		more = len(misnaming) > 0
	}
	err = tx.query(query{sql: countStaged, row: func(scan func(...any) error) error { return scan(&known) }})
	return changed, duplicates, known, err
}

// stageRows stages the rows of a part, each with the record of the person that it is of, where there is one.
func (p *populationImport) stageRows(tx importTx, part registry.PopulationPart) error {
	rows := make([][]any, len(part.Rows))
	var plain, room []byte
	for i := range part.Rows {
		row := &part.Rows[i]
		if row.Holder.IsZero() || row.BirthDate.IsZero() {
			return errNoNIR
		}
		plain = appendIdentity(plain[:0], &row.Patient)
		rows[i] = []any{
			row.Line, p.keys.ring.Blind(row.Holder.Digits()), p.keys.blind(row.Own), row.BirthDate.Digits(), row.BirthRank, p.keys.told(&room, plain, row),
		}
	}
	if err := tx.fill("population_stage", stagedColumns, rows); err != nil {
		return err
	}
	_, err := tx.exec(matchStaged)
	return err
}

// rowAt is the row of a line.
func rowAt(part registry.PopulationPart, line int64) *registry.InsuredRow {
	i, _ := slices.BinarySearchFunc(part.Rows, line, func(row registry.InsuredRow, line int64) int { return cmp.Compare(row.Line, line) })
	return &part.Rows[i]
}

// personKey is what two rows of one person have in common.
type personKey struct {
	number nir.Number
	born   registry.BirthDate
	rank   int // 0 for that of their own NIR
}

// tellApart tells the rows to write from those that are duplicates of one before them in the part; misnaming are the lines of those among the
// duplicates that were matched with the record of somebody else.
func tellApart(part registry.PopulationPart, all []changedRow) (changed []changedRow, duplicates []registry.DuplicateRow, misnaming []int64) {
	slices.SortFunc(all, func(a, b changedRow) int { return cmp.Compare(a.line, b.line) })
	lines := map[personKey]int64{}
	for _, c := range all {
		row := rowAt(part, c.line)
		natural, own := personKey{row.Holder, row.BirthDate, row.BirthRank}, personKey{row.Own, row.BirthDate, 0}
		if of := lines[natural]; of != 0 {
			duplicates = append(duplicates, registry.DuplicateRow{Line: c.line, Of: of})
			if c.num.there {
				misnaming = append(misnaming, c.line)
			}
			continue
		}
		if of := lines[own]; of != 0 && !c.num.there && !row.Own.IsZero() {
			duplicates = append(duplicates, registry.DuplicateRow{Line: c.line, Of: of, Own: true})
			continue
		}
		if lines[natural] = c.line; lines[own] == 0 {
			lines[own] = c.line
		}
		changed = append(changed, c)
	}
	return changed, duplicates, misnaming
}

// sealPart stages what is written of each row, sealed for its record, and returns how many are of new persons.
func (p *populationImport) sealPart(tx importTx, part registry.PopulationPart, changed []changedRow) (fresh int64, err error) {
	ids, err := drawnIDs(p.random, len(changed))
	if err != nil {
		return 0, err
	}
	var rows [][]any
	var room []byte
	var news []int // of rows
	for i, c := range changed {
		row := *rowAt(part, c.line)
		id := registry.RecordID(ids[i*2*drawnBytes : (i+1)*2*drawnBytes])
		if c.num.there {
			id = registry.RecordID(c.id.text)
		} else {
			news = append(news, len(rows))
		}
		told := p.keys.told(&room, appendIdentity(nil, &row.Patient), &row)
		if err := p.keys.keep(&row, id, c); err != nil {
			return 0, err
		}
		insured, err := insuredArgs(row.Patient, row.Insured)
		if err != nil {
			return 0, err
		}
		rows = append(rows, append([]any{
			c.line, c.num.n, string(id), !c.num.there, told,
			p.keys.seal(id, row.Patient), string(row.Sex), row.Locality.PostalCode, row.Locality.CommuneCode, false,
		}, insured...))
	}
	nums, err := tx.numbers(len(news))
	if err != nil {
		return 0, err
	}
	for i, at := range news {
		rows[at][1] = nums[i]
	}
	return int64(len(news)), tx.fill("population_sealed", sealedColumns, rows)
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

// likeManual is someone entered by hand whom someone new may be.
type likeManual struct {
	line, num, other int64
	id               registry.RecordID
	born             registry.BirthDate
	typed            bool // under the number that is the person's own
	sealed           []byte
}

func (l *likeManual) columns() []any {
	return []any{&l.line, &l.num, &l.other, &l.id, asBirthDate(&l.born), &l.typed, &l.sealed}
}

// doubt keeps the pairs of records that may be of one person.
func (p *populationImport) doubt(tx importTx, part registry.PopulationPart) error {
	now := time.Now().UnixMicro()
	if _, err := tx.exec(insertOwnDoubts, now); err != nil {
		return err
	}
	var alike []likeManual
	if err := tx.query(into(&alike, (*likeManual).columns, likeManuals)); err != nil {
		return err
	}
	for i := range alike {
		l := &alike[i]
		row := rowAt(part, l.line)
		reason := registry.DoubtRank
		if l.typed {
			reason = registry.DoubtTyped
		}
		if l.born != row.BirthDate {
			var had registry.Patient
			if err := p.keys.open(l.id, l.sealed, &had); err != nil {
				return err
			}
			if registry.Fold(had.BirthName) != registry.Fold(row.BirthName) || registry.Fold(had.GivenNames) != registry.Fold(row.GivenNames) {
				continue
			}
			reason = registry.DoubtBirth
		}
		if _, err := tx.exec(insertDoubt, l.num, l.other, string(reason), now); err != nil {
			return err
		}
	}
	return nil
}
