package store

import (
	"fmt"
	"time"

	"vaccin/internal/registry"
)

// What may be the same person and is not sure to be: pairs of records that an import keeps for someone to decide (match.go).

const (
	// Once for each reason, whichever of the two comes first, and never again where someone decided of the two.
	insertDoubt = "INSERT INTO doubtful_match (record_num, other_num, reason, at) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS BIGINT)" +
		" WHERE NOT EXISTS (SELECT 1 FROM doubtful_match WHERE record_num = $1 AND other_num = $2 AND (reason = $3 OR decision <> ''))" +
		" AND NOT EXISTS (SELECT 1 FROM doubtful_match WHERE record_num = $2 AND other_num = $1 AND (reason = $3 OR decision <> '')) ON CONFLICT DO NOTHING"
	// Those entered by hand whom someone may be who came in, under other keys than before.
	selectLikeManual = "SELECT s.line, z.num, r.num, r.id, r.birth_date, %s, p.sealed FROM population_sealed z, population_stage s, record r, patient p" +
		" WHERE s.line = z.line AND z.arrived AND r.num <> z.num AND p.record_num = r.num AND p.manual AND "
	sameFamily = "r.holder_key = s.holder_key AND (r.birth_date = s.birth_date OR r.birth_rank = s.birth_rank)"
	// Whoever entered them typed the number on their card as that of a holder.
	underOwn = "r.holder_key = s.own_key AND r.birth_date = s.birth_date AND s.own_key <> s.holder_key"
	// Whoever was reconciled later in the file is no longer in doubt.
	dropSettled = "DELETE FROM doubtful_match WHERE decision = '' AND reason IN ('rank', 'birth', 'typed') AND NOT EXISTS (SELECT 1 FROM patient p" +
		" WHERE p.record_num = doubtful_match.other_num AND p.manual)"
)

// The same NIR of their own: with another birth date, or with the same one, where the natural key is another record's. Each condition is
// asked by itself: of both as one the planner could think of no index. Of a number that the other gets later in the file the pair is that row's.
// They come in the order of the file: where either of two is found by the other, the pair is that of the first row, however the file is cut.
var selectOwnDoubts = func() string {
	either := ownConditions("r", " = s.own_key")
	pairs := func(own string) string {
		return "SELECT z.line, z.num, r.num AS other, CASE WHEN r.birth_date = s.birth_date THEN 'elsewhere' ELSE 'own-number' END AS reason" +
			" FROM population_sealed z, population_stage s, record r WHERE s.line = z.line AND " + own + " AND r.num <> z.num" +
			" AND NOT EXISTS (SELECT 1 FROM population_sealed l WHERE l.num = r.num AND l.named AND l.line > z.line)"
	}
	return "SELECT num, MIN(other), reason FROM (" + pairs(either[0]) + " UNION ALL " + pairs(either[1]) + ") pair GROUP BY line, num, reason ORDER BY line, reason"
}()

var likeManuals = fmt.Sprintf(selectLikeManual, "false") + sameFamily + " UNION ALL " + fmt.Sprintf(selectLikeManual, "true") + underOwn

// doubt is a pair of records that may be of one person.
type doubt struct {
	num, other int64
	reason     registry.DoubtReason
}

func (d *doubt) columns() []any { return []any{&d.num, &d.other, &d.reason} }

// likeManual is someone entered by hand whom someone of the file may be.
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
	var doubts []doubt
	if err := tx.query(into(&doubts, (*doubt).columns, selectOwnDoubts)); err != nil {
		return err
	}
	var alike []likeManual
	if err := tx.query(into(&alike, (*likeManual).columns, likeManuals)); err != nil {
		return err
	}
	for i := range alike {
		reason, err := p.likeness(&alike[i], rowAt(part, alike[i].line))
		if err != nil {
			return err
		}
		if reason != "" {
			doubts = append(doubts, doubt{alike[i].num, alike[i].other, reason})
		}
	}
	now := time.Now().UnixMicro()
	for _, d := range doubts {
		if _, err := tx.exec(insertDoubt, d.num, d.other, string(d.reason), now); err != nil {
			return err
		}
	}
	return nil
}

// likeness is why someone entered by hand may be the person of a row, or nothing where only the keys are alike.
func (p *populationImport) likeness(l *likeManual, row *registry.InsuredRow) (registry.DoubtReason, error) {
	if l.typed {
		return registry.DoubtTyped, nil
	}
	if l.born == row.BirthDate {
		return registry.DoubtRank, nil
	}
	var had registry.Patient
	if err := p.keys.open(l.id, l.sealed, &had); err != nil {
		return "", err
	}
	if registry.Fold(had.BirthName) != registry.Fold(row.BirthName) || registry.Fold(had.GivenNames) != registry.Fold(row.GivenNames) {
		return "", nil
	}
	return registry.DoubtBirth, nil
}
