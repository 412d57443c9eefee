package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"time"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
)

// A population file comes in part by part. Into a store that has persons each part is staged, matched and merged by a few
// statements (populationmerge.go), beside the service. Into a database that has few of them or none it goes straight, before there are
// any indexes (postgres_load.go).

const (
	importColumns   = "number, digest, parts, part_size, first, state, finished, base"
	selectImport    = "SELECT " + importColumns + " FROM population_import ORDER BY number DESC LIMIT 1"
	insertImport    = "INSERT INTO population_import (number, digest, parts, part_size, first, state, began, columns, base) VALUES ($1, $2, $3, $4, $5, 'rows', $6, $7, $8)"
	dropImport      = "UPDATE population_import SET state = 'dropped' WHERE number = $1"
	finishImport    = "UPDATE population_import SET state = 'finished', finished = $2 WHERE number = $1"
	countFew        = "SELECT COUNT(*) FROM (SELECT 1 FROM record LIMIT $1) few"
	anyTaken        = "SELECT 1 FROM population_part WHERE import = $1" + isTaken
	isTaken         = " AND created + updated + unchanged > 0"
	selectParts     = "SELECT part FROM population_part WHERE import = $1"
	selectPart      = selectParts + " AND part = $2"
	insertPopulated = "INSERT INTO population_part (import, part, created, updated, unchanged) VALUES ($1, $2, $3, $4, $5)"
	sumPopulated    = "SELECT COALESCE(CAST(SUM(created) AS BIGINT), 0), COALESCE(CAST(SUM(updated) AS BIGINT), 0), COALESCE(CAST(SUM(unchanged) AS BIGINT), 0)" +
		" FROM population_part WHERE import = $1"
	countDuplicates  = "SELECT COUNT(*) FROM population_duplicate WHERE import = $1"
	selectDuplicates = "SELECT line, of_line, own FROM population_duplicate WHERE import = (SELECT MAX(number) FROM population_import) AND line > $1 ORDER BY line LIMIT 1000"
	// otherKeys finds keys by which persons would be missed, or under which nothing is to be written.
	otherKeys = "SELECT 1 FROM identity_key WHERE kind = 'blind' AND state <> 'retired' AND NOT (number = $1 AND check_value = $2)" +
		" OR kind = 'seal' AND state = 'writing' AND NOT (number = $3 AND check_value = $4)"

	importRows, importIndexes, importFinished, importDropped = "rows", "indexes", "finished", "dropped"
)

// importSession is what an engine imports with, on a connection of its own where it has many.
type importSession interface {
	// do does something in one transaction, and again when it met another's locks or keys.
	do(ctx context.Context, f func(tx importTx) error) error
	// fewBeside is into a store of how many persons it loads a file of so many lines; below zero, it never does.
	fewBeside(lines int64) int64
	load(ctx context.Context, p *populationImport) error
	// giveUp ends a first import with what it brought so far.
	giveUp(ctx context.Context, p *populationImport) error
	close()
}

// importTx is a transaction of an import.
type importTx interface {
	exec(sql string, args ...any) (int64, error)
	query(q query) error
	// fill adds rows to a table.
	fill(table string, columns string, rows [][]any) error
	// stage makes the tables in which a part is staged, or empties them.
	stage() error
	// numbers are as many numbers for new records.
	numbers(n int) ([]int64, error)
	// know has the database know how large the tables are by now, on which its plans depend.
	know() error
	// planFreely has the database plan what is asked next without the indexes that parts are merged by.
	planFreely() error
	// lockMoved waits for who changes the records that are about to get other keys, in the order in which all do.
	lockMoved() error
	// forgetSeen empties the table of lines.
	forgetSeen() error
	// used tells whether another program uses the store.
	used() (bool, error)
	// prepareLoad takes the indexes away for a first import, and tells the number of the last record.
	prepareLoad() (base int64, err error)
}

// populationImport is an import under way.
type populationImport struct {
	keys     *identityKeys
	file     registry.PopulationFile
	event    registry.Event
	began    time.Time // when event.At was: an import lasts for hours, and each of its entries bears its own moment
	random   io.Reader
	progress func(registry.PopulationProgress)

	number  int
	first   bool
	base    int64 // of a first one, the number of the last record before it: that of a row it loads is this and its line
	served  bool  // it would be a first one if nobody used the store
	instead bool  // of one of another file that did not end
	state   string
	done    map[int]bool // parts
	fresh   int64        // persons whom it has made so far
	known   int64        // of whom the database knew
}

// storedImport is an import as the store knows it.
type storedImport struct {
	number, parts int
	digest        string
	size          int64
	first         bool
	state         string
	finished      int64
	base          int64
}

func (i *storedImport) columns() []any {
	return []any{&i.number, &i.digest, &i.parts, &i.size, &i.first, &i.state, &i.finished, &i.base}
}

// ImportPopulation implements registry.PopulationStore.
func (s *Store) ImportPopulation(
	ctx context.Context, file registry.PopulationFile, event registry.Event, random io.Reader, progress func(registry.PopulationProgress),
) (outcome registry.PopulationOutcome, err error) {
	held := s.keys.held.Load()
	if held == nil {
		return outcome, ErrNoKeys
	}
	if event.IsZero() {
		return outcome, errNoEvent
	}
	session, err := s.engine.importing(ctx, s.write)
	if err != nil {
		return outcome, fmt.Errorf("beginning an import: %w", err)
	}
	defer session.close()
	p := &populationImport{keys: held, file: file, event: event, began: time.Now(), random: random, progress: progress, done: map[int]bool{}}
	if err := p.replaceOther(ctx, session); err != nil {
		return outcome, fmt.Errorf("giving up an import of another file: %w", err)
	}
	if err := session.do(ctx, func(tx importTx) error { return p.begin(tx, session.fewBeside(file.Lines)) }); err != nil {
		return outcome, fmt.Errorf("beginning an import: %w", err)
	}
	outcome.Already = p.state == importFinished
	switch {
	case outcome.Already:
	case p.first:
		progress(registry.PopulationProgress{Step: registry.PopulationFirst})
		err = session.load(ctx, p)
	default:
		if p.served {
			progress(registry.PopulationProgress{Step: registry.PopulationServed})
		}
		err = p.mergeAll(ctx, session)
	}
	if err != nil {
		return outcome, fmt.Errorf("importing a population: %w", err)
	}
	err = session.do(ctx, func(tx importTx) error { return p.conclude(tx, &outcome) })
	return outcome, err
}

// latestImport is the import that was begun last; its number is 0 when there is none.
func latestImport(tx importTx) (latest storedImport, err error) {
	var found []storedImport
	if err := tx.query(into(&found, (*storedImport).columns, selectImport)); err != nil || len(found) == 0 {
		return latest, err
	}
	return found[0], nil
}

// isOpen tells an import that was begun and not ended.
func (i *storedImport) isOpen() bool { return i.state == importRows || i.state == importIndexes }

// isOf tells whether an import goes on with a file.
func (i *storedImport) isOf(file registry.PopulationFile) bool {
	return i.digest == file.Digest && i.parts == partsOf(file, i.base) && i.size == file.PartSize
}

// replaceOther gives up a first import that this file does not go on with, where that was asked for and the file would not be refused then. One that merges begin
// replaces by itself.
func (p *populationImport) replaceOther(ctx context.Context, session importSession) error {
	if !p.file.Replacing {
		return nil
	}
	var latest storedImport
	other := *p
	err := session.do(ctx, func(tx importTx) (err error) {
		if latest, err = latestImport(tx); err != nil || !latest.isOpen() || !latest.first || latest.isOf(p.file) {
			return err
		}
		p.instead = true
		other.number, other.first, other.base, other.state = latest.number, true, latest.base, latest.state
		if err := other.mayFollow(tx); err != nil {
			return err
		}
		return other.sameKeys(tx)
	})
	if err != nil || !p.instead {
		return err
	}
	return session.giveUp(ctx, &other)
}

// begin begins an import, or goes on with the one that was begun with the same file.
func (p *populationImport) begin(tx importTx, few int64) error {
	latest, err := latestImport(tx)
	if err != nil {
		return err
	}
	open := latest.isOpen()
	p.number, p.first, p.state, p.base = latest.number, latest.first, latest.state, latest.base
	switch {
	case latest.digest == p.file.Digest && latest.state == importFinished:
		taken, err := exists(tx, anyTaken, latest.number)
		if err != nil || taken {
			return err
		}
		// Nobody came in: the file, or the program that reads it, may be right by now.
	case open && latest.isOf(p.file):
		return p.resume(tx)
	case open && latest.first && latest.digest == p.file.Digest: // cut otherwise, by another version
		return registry.ErrOlderImport
	case open && latest.first:
		return registry.ErrOtherFile
	}
	if p.first, p.served, err = isFirst(tx, few); err != nil {
		return err
	}
	p.number, p.state, p.base, p.instead = latest.number+1, importRows, 0, p.instead || open
	return p.beginAnew(tx)
}

// partsOf is how many parts an import has. Into a database that has persons it goes twice through those of the file: an older version, to which
// there are only those, does not go on with it.
func partsOf(file registry.PopulationFile, base int64) int {
	if base > 0 {
		return 2 * file.Parts
	}
	return file.Parts
}

// isFirst tells whether an import is a first one, which loads: into a store that has nobody, or few whom nobody serves.
func isFirst(tx importTx, few int64) (first, served bool, err error) {
	if few < 0 {
		return false, false, nil
	}
	persons := int64(0)
	if err := tx.query(query{sql: countFew, args: []any{few + 1}, row: func(scan func(...any) error) error { return scan(&persons) }}); err != nil {
		return false, false, err
	}
	if persons == 0 || persons > few {
		return persons == 0, false, nil
	}
	served, err = tx.used()
	return !served, served, err
}

// beginAnew begins an import, in the place of the one before where that is open.
func (p *populationImport) beginAnew(tx importTx) error {
	if err := p.mayFollow(tx); err != nil {
		return err
	}
	if p.instead {
		if _, err := tx.exec(dropImport, p.number-1); err != nil {
			return err
		}
	}
	if err := tx.forgetSeen(); err != nil {
		return err
	}
	if p.first {
		base, err := tx.prepareLoad()
		if err != nil {
			return err
		}
		p.base = base
	}
	if err := p.sameKeys(tx); err != nil { // once nobody can begin a rotation
		return err
	}
	_, err := tx.exec(insertImport, p.number, p.file.Digest, partsOf(p.file, p.base), p.file.PartSize, p.first, p.now().UnixMicro(),
		strings.Join(p.file.Columns, columnSeparator), p.base)
	return err
}

const (
	// Of an import that the version before this column began, they are not known.
	selectColumns = "SELECT columns FROM population_import i WHERE number < $1 AND state = 'finished' AND columns <> ''" +
		" AND EXISTS (SELECT 1 FROM population_part WHERE import = i.number" + isTaken + ") ORDER BY number DESC LIMIT 1"
	columnSeparator = ";" // which no name has
)

// columnsBefore are those of the file whose import was the last that told anything before this one, as far as they are known.
func (p *populationImport) columnsBefore(tx importTx) (columns []string, err error) {
	err = tx.query(query{sql: selectColumns, args: []any{p.number}, row: func(scan func(...any) error) error {
		text := ""
		err := scan(&text)
		columns = strings.Split(text, columnSeparator)
		return err
	}})
	return columns, err
}

// mayFollow asks of columns that the file lacks and the one before had.
func (p *populationImport) mayFollow(tx importTx) error {
	earlier, err := p.columnsBefore(tx)
	if err != nil {
		return err
	}
	return p.file.MayFollow(earlier)
}

// PopulationColumns implements registry.PopulationStore.
func (s *Store) PopulationColumns(ctx context.Context) (columns []string, err error) {
	texts, err := readAll(ctx, s, selectColumns, []any{math.MaxInt32}, func(text *string) []any { return []any{text} })
	if err != nil {
		return nil, fmt.Errorf("reading the columns of the file of an import: %w", err)
	}
	for _, text := range texts { // one at most
		columns = strings.Split(text, columnSeparator)
	}
	return columns, nil
}

// resume finds which parts are imported.
func (p *populationImport) resume(tx importTx) error {
	clear(p.done)
	return tx.query(query{sql: selectParts, args: []any{p.number}, row: func(scan func(...any) error) error {
		part := 0
		err := scan(&part)
		p.done[part] = true
		return err
	}})
}

// sameKeys refuses to go on with other keys than those that write, or while records bear two.
func (p *populationImport) sameKeys(tx importTx) error {
	blind, seal := p.keys.writes[keyring.BlindKey], p.keys.writes[keyring.SealKey]
	other, err := exists(tx, otherKeys, blind.number, blind.check, seal.number, seal.check)
	if err == nil && other {
		err = registry.ErrRotating
	}
	return err
}

// logPart writes the entry of a part, and that it is imported.
func (p *populationImport) logPart(tx importTx, part registry.PopulationPart, c registry.PopulationCounts) error {
	if err := p.log(tx, p.event.Action, len(part.Rows)); err != nil {
		return err
	}
	_, err := tx.exec(insertPopulated, p.number, part.Number, c.Created, c.Updated, c.Unchanged)
	return err
}

// now is the moment by the clock of who asked for the import.
func (p *populationImport) now() time.Time { return p.event.At.Add(time.Since(p.began)) }

// log writes an entry of the import, of now: one with the moment of its beginning would look to who verifies the log as put in later.
func (p *populationImport) log(tx importTx, action registry.Action, count int) error {
	event := p.event
	event.At, event.Action, event.Count = p.now(), action, count
	args, err := eventArgs(event)
	if err != nil {
		return err
	}
	_, err = tx.exec(insertEvent, args...)
	return err
}

// finish says that the import is finished, in one go with the entry that tells how many persons of its file are in the database.
func (p *populationImport) finish(tx importTx) error {
	if _, err := tx.exec(finishImport, p.number, p.now().UnixMicro()); err != nil {
		return err
	}
	o := registry.PopulationOutcome{}
	if err := p.conclude(tx, &o); err != nil {
		return err
	}
	return p.log(tx, registry.ActionEndImportPersons, int(o.Created+o.Updated+o.Unchanged))
}

// conclude tells what an import came to.
func (p *populationImport) conclude(tx importTx, o *registry.PopulationOutcome) error {
	latest, err := latestImport(tx)
	if err != nil {
		return err
	}
	earlier, err := p.columnsBefore(tx)
	if err != nil {
		return err
	}
	o.First, o.Instead, o.FinishedAt, o.Erased = latest.first, p.instead, time.UnixMicro(latest.finished).UTC(), p.file.Erased(earlier)
	for sql, to := range map[string][]any{
		sumPopulated: {&o.Created, &o.Updated, &o.Unchanged}, countDuplicates: {&o.Duplicates},
	} {
		if err := tx.query(query{sql: sql, args: []any{p.number}, row: func(scan func(...any) error) error { return scan(to...) }}); err != nil {
			return err
		}
	}
	if o.First { // they were created, and found to be duplicates afterwards
		o.Created -= o.Duplicates
	}
	if err := tx.planFreely(); err != nil { // pairs in doubt are held against all pairs that were decided
		return err
	}
	return tx.query(query{sql: countDoubts, row: func(scan func(...any) error) error { return scan(&o.Doubtful) }})
}

func exists(tx importTx, sql string, args ...any) (found bool, err error) {
	err = tx.query(query{sql: sql, args: args, row: func(func(...any) error) error {
		found = true
		return nil
	}})
	return found, err
}

// told is what is remembered of the content of a row: the beginning of the blind index of all that is imported. It is
// never 0. identity is what appendIdentity has of the patient.
func (k *identityKeys) told(room *[]byte, identity []byte, row *registry.InsuredRow) int64 {
	b := append((*room)[:0], identity...)
	b = append(b, byte(row.BirthRank))
	for _, text := range [...]string{
		row.BirthDate.Digits(), string(row.Sex), row.Locality.PostalCode, row.Locality.CommuneCode, row.Establishment, row.Scheme,
	} {
		b = appendText(b, text)
	}
	for _, n := range [...]uint64{
		uint64(dayNumber(row.Died)), uint64(row.Residence), uint64(row.Occupation), uint64(row.Workplace), //nolint:gosec // numbers of a few digits
		uint64(row.Conditions), uint64(row.Comorbidities),
	} {
		b = binary.AppendUvarint(b, n)
	}
	n := len(b)
	b = k.ring.AppendBlind(b, b)
	*room = b
	return max(1, int64(binary.BigEndian.Uint64(b[n:])>>1)) //nolint:gosec // 63 bits
}

// PopulationDuplicates implements registry.PopulationStore.
func (s *Store) PopulationDuplicates(ctx context.Context) iter.Seq2[registry.DuplicateRow, error] {
	return func(yield func(registry.DuplicateRow, error) bool) {
		for after := int64(0); ; {
			rows, err := readAll(ctx, s, selectDuplicates, []any{after}, func(d *registry.DuplicateRow) []any { return []any{&d.Line, &d.Of, &d.Own} })
			if err != nil {
				yield(registry.DuplicateRow{}, fmt.Errorf("reading the duplicates of an import: %w", err))
				return
			}
			for _, d := range rows {
				if !yield(d, nil) {
					return
				}
				after = d.Line
			}
			if len(rows) == 0 {
				return
			}
		}
	}
}

var errNoLoad = errors.New("store: this engine imports through statements")
