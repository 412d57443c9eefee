package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
)

// Doubtful matches, which someone decides. The record that goes when two are one person's is taken away by a trigger, as
// the service may not: of a pair that is decided so, and only if nothing was declared in it. It sees to the codes of both, too: they go on
// finding the person.

const (
	// Who was said to be two persons, in both orders; of a record that went since, the one that stays is the person.
	saidTwo = "WITH RECURSIVE two (one, other) AS (SELECT record_num, other_num FROM doubtful_match WHERE decision = 'two'" +
		" UNION SELECT other_num, record_num FROM doubtful_match WHERE decision = 'two'" +
		" UNION SELECT CASE WHEN turned THEN t.other ELSE m.record_num + m.other_num - m.gone END," +
		" CASE WHEN turned THEN m.record_num + m.other_num - m.gone ELSE t.other END" +
		" FROM two t JOIN doubtful_match m ON m.gone = t.one CROSS JOIN (SELECT false AS turned UNION ALL SELECT true) o) "
	undecided    = "FROM doubtful_match d JOIN record r ON r.num = d.record_num JOIN record o ON o.num = d.other_num WHERE " + isInDoubt
	selectDoubts = saidTwo + "SELECT r.id, o.id, d.reason, d.at " + undecided + " ORDER BY d.at DESC, d.record_num, d.other_num, d.reason LIMIT $1"
	countDoubts  = saidTwo + "SELECT COUNT(*) FROM doubtful_match d WHERE " + isInDoubt
	// A pair may come from a third record, which is one with either by now: also one that is there already, the other way round.
	isInDoubt = "d.decision = '' AND NOT EXISTS (SELECT 1 FROM two t WHERE t.one = d.record_num AND t.other = d.other_num)" +
		" AND NOT EXISTS (SELECT 1 FROM doubtful_match k WHERE k.decision = '' AND k.record_num = d.other_num AND k.other_num = d.record_num" +
		" AND k.reason = d.reason AND (k.at, k.record_num) > (d.at, d.record_num))"

	sideColumns = "SELECT r.num, r.version, r.holder_key, r.own_key, r.blind_key, r.birth_date, r.birth_rank, p.sealed," +
		" EXISTS (SELECT 1 FROM entry e WHERE e.record_num = r.num AND e.step IN (0, 1, 2)) FROM record r JOIN patient p ON p.record_num = r.num WHERE "

	decideSame = "UPDATE doubtful_match SET decision = 'same', decided_by = $1, decided_at = $2, gone = $5 WHERE decision = ''" +
		" AND record_num = $3 AND other_num = $4 AND NOT EXISTS (SELECT 1 FROM entry WHERE record_num = $5 AND step IN (0, 1, 2))"

	// Whoever decides on one of the two meanwhile decides again, and so does this decision.
	advanceSide = "UPDATE record SET version = version + 1, last_change = $1 WHERE num = $2 AND version = $3 AND holder_key = $4" +
		" AND EXISTS (SELECT 1 FROM patient WHERE record_num = $2 AND sealed = $5)"
	// Done whatever became of the statements before, what follows asks whether the other record went, and went into this one: of two
	// decisions that take the same one away the second would give its key to one more.
	afterwards  = " AND EXISTS (SELECT 1 FROM doubtful_match g WHERE g.gone = %[2]s AND (g.record_num = %[2]s AND g.other_num = %[1]s OR g.record_num = %[1]s AND g.other_num = %[2]s))"
	sealMatched = "UPDATE patient SET sealed = $3 WHERE record_num = $4" + stillWrites
)

var (
	moveMatched = "UPDATE record SET holder_key = $1, own_key = $2, blind_key = $3, birth_date = $4, birth_rank = $5 WHERE num = $6" + fmt.Sprintf(afterwards, "$6", "$7")
	joinObjects = "UPDATE patient SET objects = $1 WHERE record_num = $2 AND objects <> $1" + fmt.Sprintf(afterwards, "$2", "$3")

	selectDoubt = saidTwo + "SELECT r.id, o.id, d.reason, d.at " + undecided + " AND " + byID("r", 1) + " AND " + byID("o", 3) + " ORDER BY d.reason LIMIT 1"
	selectSide  = sideColumns + byID("r", 1)
	// In whichever order imports found the two.
	decideTwo = "UPDATE doubtful_match SET decision = 'two', decided_by = $1, decided_at = $2 WHERE decision = ''" +
		" AND record_num IN (" + bothRecords + ") AND other_num IN (" + bothRecords + ")"
	bothRecords = "SELECT num FROM record r WHERE " + byID("r", 3) + " UNION ALL SELECT num FROM record r WHERE " + byID("r", 5)
)

var takeInsured = "UPDATE patient AS p SET " + setFrom("f", "told, "+strings.TrimPrefix(patientFields, "sealed, ")+", "+insuredFields) +
	" FROM patient f WHERE f.record_num = $1 AND p.record_num = $2"

func doubtColumns(d *registry.DoubtfulMatch) []any {
	return []any{&d.Record, &d.Other, &d.Reason, asMoment(&d.At)}
}

// DoubtfulMatches implements registry.MatchStore.
func (s *Store) DoubtfulMatches(ctx context.Context, limit int) ([]registry.DoubtfulMatch, error) {
	all, err := readAll(ctx, s, selectDoubts, []any{max(0, limit)}, doubtColumns)
	if err != nil {
		return nil, fmt.Errorf("reading doubtful matches: %w", err)
	}
	return all, nil
}

// MatchOf implements registry.MatchStore.
func (s *Store) MatchOf(ctx context.Context, record, other registry.RecordID) (registry.DoubtfulMatch, error) {
	found, err := readAll(ctx, s, selectDoubt, append(recordKeys(record), recordKeys(other)...), doubtColumns)
	if err != nil {
		return registry.DoubtfulMatch{}, fmt.Errorf("reading a doubtful match: %w", err)
	}
	if len(found) == 0 {
		return registry.DoubtfulMatch{}, registry.ErrNoMatch
	}
	return found[0], nil
}

// DecideMatch implements registry.MatchStore.
func (s *Store) DecideMatch(ctx context.Context, m registry.DoubtfulMatch, decision registry.MatchDecision, by string, event registry.Event) error {
	at, err := moment(event.At)
	if err != nil {
		return fmt.Errorf("a decision: %w", err)
	}
	var logged []statement
	for _, id := range []registry.RecordID{m.Record, m.Other} {
		event.Record = id
		one, err := logAlways(event)
		if err != nil {
			return err
		}
		logged = append(logged, one)
	}
	if decision == registry.MatchTwo {
		decide := statement{sql: decideTwo, args: append([]any{by, at}, append(recordKeys(m.Record), recordKeys(m.Other)...)...), none: []reason{{err: registry.ErrNoMatch}}}
		return s.write(ctx, work{alone: true, statements: append([]statement{decide}, logged...)})
	}
	return s.withKeys(ctx, func(k *identityKeys) error {
		merging, lifted, err := s.mergeMatch(ctx, k, m, by, at)
		if err != nil {
			return err
		}
		merging = append(merging, logged...)
		if lifted != "" {
			event.Record, event.Action = lifted, registry.ActionLiftObjection
			also, err := logAlways(event)
			if err != nil {
				return err
			}
			merging = append(merging, also)
		}
		return s.write(ctx, work{alone: true, joins: true, statements: merging})
	})
}

// matchSide is one of the two records.
type matchSide struct {
	id          registry.RecordID
	num         int64
	version     int
	holder, own []byte
	blindKey    int
	born        registry.BirthDate
	rank        int
	sealed      []byte
	used        bool // eligibility or a dose was declared in it
	record      registry.Record
}

func (m *matchSide) columns() []any {
	return []any{
		&m.num, &m.version, &m.holder, &m.own, &m.blindKey, asBirthDate(&m.born), &m.rank, &m.sealed, &m.used,
	}
}

// side reads one of the two records.
func (s *Store) side(ctx context.Context, k *identityKeys, id registry.RecordID) (*matchSide, error) {
	var found []matchSide
	var g gathered
	record := g.query(recordByID, recordKeys(id)...)
	record.often = false
	if err := s.engine.read(ctx, into(&found, (*matchSide).columns, selectSide, recordKeys(id)...), record); err != nil {
		return nil, fmt.Errorf("reading a record in doubt: %w", err)
	}
	if len(found) == 0 {
		return nil, registry.ErrNoMatch
	}
	whole, err := one(s.whole(k, &g))
	found[0].id, found[0].record = id, whole
	return &found[0], err
}

// mergeMatch makes the statements by which one record is left of two, and tells which it is if an objection of the other is lifted
// by what was declared in it.
func (s *Store) mergeMatch(ctx context.Context, k *identityKeys, m registry.DoubtfulMatch, by string, at any) (_ []statement, lifted registry.RecordID, err error) {
	file, err := s.side(ctx, k, m.Record)
	if err != nil {
		return nil, "", err
	}
	other, err := s.side(ctx, k, m.Other)
	if err != nil {
		return nil, "", err
	}
	stays, goes := other, file
	switch {
	case file.used && other.used:
		return nil, "", registry.ErrBothUsed
	case file.used:
		stays, goes = file, other
	}
	identity, err := k.joined(file, other)
	if err != nil {
		return nil, "", err
	}
	objects := stays.record.WithObjectionsOf(goes.record).Objects()
	if goes.record.Objects() && !objects {
		lifted = stays.id
	}
	first, second := stays, goes
	if second.id < first.id { // records are locked in one order
		first, second = second, first
	}
	change := rand.Int64()
	statements := []statement{first.advance(change), second.advance(change)}
	add := func(quiet bool, none error, sql string, args ...any) {
		one := statement{sql: sql, args: args, quiet: quiet}
		if none != nil {
			one.none = []reason{{err: none}}
		}
		statements = append(statements, one)
	}
	if stays != file {
		add(false, nil, takeInsured, file.num, stays.num)
	}
	add(false, errKeysMoved, sealMatched, keyring.SealKey.String(), k.writes[keyring.SealKey].number, k.seal(stays.id, identity), stays.num)
	add(false, registry.ErrNoMatch, decideSame, by, at, file.num, other.num, goes.num)
	if stays != file {
		add(false, nil, moveMatched, file.holder, orNull(file.own), file.blindKey, file.born.Digits(), file.rank, stays.num, goes.num)
	}
	add(true, nil, joinObjects, objects, stays.num, goes.num)
	return statements, lifted, nil
}

// advance is the guard of one of the two records.
func (m *matchSide) advance(change int64) statement {
	return statement{
		sql: advanceSide, args: []any{change, m.num, m.version, m.holder, m.sealed}, none: []reason{{err: registry.ErrOvertaken}},
	}
}

// joined is the identity that the file gives, with what is known by hand alone.
func (k *identityKeys) joined(file, other *matchSide) (p registry.Patient, err error) {
	var had registry.Patient
	if err := k.open(file.id, file.sealed, &p); err != nil {
		return p, err
	}
	if err := k.open(other.id, other.sealed, &had); err != nil {
		return p, err
	}
	p.Contact = p.Completed(had.Contact)
	return p, nil
}
