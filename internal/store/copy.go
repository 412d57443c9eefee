package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A store is copied from the embedded engine to PostgreSQL table by table, in the order of keys, in transactions
// that also say how far they came: stopped anywhere, the next run goes on where the last one ended. The file is
// this command's alone all the while, so that what is copied is one moment. Rows go as they stand: identities
// sealed under the same keys, entries of the access log with their numbers, so that its tree and its heads hold.

// copiedTable is a table to copy and the columns of its key, by which its rows are in order in both engines. The
// order of the list is that of references between tables.
type copiedTable struct {
	name string
	key  []string
	// found is set where the tables are made with a row, which the copied one replaces.
	found bool
}

var copiedTables = []copiedTable{
	{name: "vaccine", key: []string{"code"}},
	{name: "vaccine_name", key: []string{"vaccine_code", "position"}},
	{name: "schedule", key: []string{"vaccine_code", "first_day"}},
	{name: "injection_site", key: []string{"code"}},
	{name: "place_type", key: []string{"code"}},
	{name: "activity", key: []string{"code"}},
	{name: "profession_opening", key: []string{"profession", "first_day"}},
	{name: "objection_limit", key: []string{"first_day"}},
	{name: "locality", key: []string{"postal_code", "folded_name"}},
	{name: "locality_term", key: []string{"term", "postal_code", "folded_name"}},
	{name: "vaccination_place", key: []string{"id"}},
	{name: "vaccination_place_term", key: []string{"type", "term", "postal_code", "folded_name", "place_id"}},
	{name: "lot", key: []string{"vaccine_code", "number"}},
	{name: "practice_place", key: []string{"national_id", "id"}},
	{name: "identity_key", key: []string{"kind", "number"}},
	{name: "record", key: []string{"num"}},
	{name: "patient", key: []string{"record_num"}},
	{name: "entry", key: []string{"record_num", "step", "sequence", "number"}},
	{name: "campaign", key: []string{"id", "version"}},
	{name: "campaign_run", key: []string{"number"}},
	{name: "target", key: []string{"record_num"}},
	{name: "former_code", key: []string{"code"}},
	{name: "follow_up", key: []string{"run"}},
	{name: "follow_up_turn", key: []string{"one"}},
	{name: "letter_batch", key: []string{"run", "part"}},
	{name: "letter", key: []string{"run", "part", "number"}},
	{name: "letter_delivery", key: []string{"run", "part", "nth"}},
	{name: "letter_places", key: []string{"digest"}},
	{name: "agent", key: []string{"id"}},
	{name: accessLog, key: []string{"num"}},
	{name: "log_run", key: []string{"position"}},
	{name: "log_node", key: []string{"ends", "level"}},
	{name: "log_head", key: []string{"number"}},
	{name: "log_post", key: []string{"address"}},
	{name: "log_retirement", key: []string{"number"}},
	{name: "log_state", key: []string{"one"}, found: true},
	{name: "report", key: []string{"num"}},
	{name: "throttle", key: []string{"key"}},
	{name: "portal_account", key: []string{"login"}},
	{name: "session", key: []string{"id"}},
	{name: "kept_form", key: []string{"owner"}},
	{name: "logout_order", key: []string{"id"}},
	{name: "handover", key: []string{"id"}},
	{name: "population_import", key: []string{"number"}},
	{name: "population_part", key: []string{"import", "part"}},
	{name: "population_duplicate", key: []string{"import", "line"}},
	{name: "population_seen", key: []string{"num"}},
	{name: "doubtful_match", key: []string{"record_num", "other_num", "reason"}},
}

const accessLog = "access_log"

// Why a store is not copied.
var (
	ErrNotEmpty = errors.New("store: the database to copy into holds something else")
	ErrInUse    = errors.New("store: the file to copy is in use")
	ErrMovedOn  = errors.New("store: the file to copy was written to since its copy began")
	ErrInClear  = errors.New("store: the file to copy holds identities in clear")
	ErrCopying  = errors.New("store: the copy into the database is not finished")
	ErrNoCopy   = errors.New("store: nothing was copied into the database")
)

// CopyStep is what a copy does, or what it compares.
type CopyStep int

// The steps of a copy, in order.
const (
	CopyRows CopyStep = iota
	CompareRows
)

// CopyOptions are how a store is copied.
type CopyOptions struct {
	// CheckOnly compares and copies nothing.
	CheckOnly bool
	// Progress, unless nil, is told how many rows a step has done of how many.
	Progress func(step CopyStep, done, total int64)
}

// Comparison is a table as it stands on both sides.
type Comparison struct {
	Table string
	// Rows of the table that was copied, and those of them that are the same in both.
	Rows, Same int64
	// Rows that are on one side alone, and those that are on both and differ.
	Missing, Added, Changed int64
	// Replaced are texts of which PostgreSQL takes some characters no more than in replacement; they count as the
	// same.
	Replaced int64
}

// Differs tells whether the two sides are not the same.
func (c Comparison) Differs() bool { return c.Missing+c.Added+c.Changed > 0 }

// Copy copies the embedded store in the file from to the PostgreSQL database at the address to, whose tables it
// makes, and compares every row of every table. Run again after it was stopped, it goes on. The file must not be
// in use, and cannot be used meanwhile; the database serves nobody before all is the same.
func Copy(ctx context.Context, from, to string, o CopyOptions) (_ []Comparison, err error) {
	source, err := openCopySource(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("opening the store to copy: %w", err)
	}
	defer func() { err = errors.Join(err, source.close()) }()
	target, err := openCopyTarget(ctx, to, o.CheckOnly)
	if err != nil {
		return nil, fmt.Errorf("opening the database to copy into: %w", err)
	}
	defer func() { err = errors.Join(err, target.close()) }()
	tables, total, err := source.measure(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting the rows to copy: %w", err)
	}
	progress := func(step CopyStep, done int64) {
		if o.Progress != nil {
			o.Progress(step, done, total)
		}
	}
	if !o.CheckOnly {
		if err := copyRows(ctx, source, target, func(done int64) { progress(CopyRows, done) }); err != nil {
			return nil, err
		}
	}
	same, done := true, int64(0)
	for i := range tables {
		c := &tables[i]
		if err := compareTable(ctx, source, target, copiedTables[i], c, func(rows int64) { progress(CompareRows, done+rows) }); err != nil {
			return nil, fmt.Errorf("comparing the table %s: %w", c.Table, err)
		}
		done += c.Rows
		same = same && !c.Differs()
	}
	if same && !o.CheckOnly {
		err = target.finish(ctx)
	}
	return tables, err
}

// copyRows copies what is not copied yet.
func copyRows(ctx context.Context, source *copySource, target *copyTarget, progress func(done int64)) error {
	moment, err := source.moment(ctx)
	if err != nil {
		return fmt.Errorf("reading what the store to copy is at: %w", err)
	}
	if finished, err := target.begin(ctx, moment); err != nil || finished {
		return err
	}
	months, err := source.months(ctx)
	if err != nil {
		return fmt.Errorf("reading the months of the access log: %w", err)
	}
	if err := target.makeMonths(ctx, months); err != nil {
		return err
	}
	done := int64(0)
	for _, table := range copiedTables {
		if err := copyTable(ctx, source, target, table, &done, progress); err != nil {
			return fmt.Errorf("copying the table %s: %w", table.name, err)
		}
	}
	return nil
}

// copiedAtOnce is how many rows are copied in one transaction.
var copiedAtOnce = 5000

func copyTable(ctx context.Context, source *copySource, target *copyTarget, table copiedTable, done *int64, progress func(int64)) error {
	columns, err := agreed(ctx, source, target, table)
	if err != nil {
		return err
	}
	rows, after, err := target.reached(ctx, table)
	if err != nil {
		return err
	}
	for *done += rows; ; {
		chunk, err := source.chunk(ctx, table, columns, after, copiedAtOnce)
		if err != nil {
			return err
		}
		if err := target.add(ctx, table, columns, chunk, rows == 0); err != nil {
			return err
		}
		rows += int64(len(chunk))
		*done += int64(len(chunk))
		progress(*done)
		if len(chunk) < copiedAtOnce {
			return nil
		}
		after = keyOf(table, columns, chunk[len(chunk)-1])
	}
}

// copiedColumn is a column of both sides.
type copiedColumn struct {
	name string
	kind uint32 // its type in PostgreSQL
}

// agreed are the columns of a table, which must be the same on both sides but for the transactions of the log.
func agreed(ctx context.Context, source *copySource, target *copyTarget, table copiedTable) ([]copiedColumn, error) {
	there, err := source.columns(ctx, table.name)
	if err != nil {
		return nil, err
	}
	columns, err := target.columns(ctx, table.name)
	if err != nil {
		return nil, err
	}
	if table.name == accessLog {
		columns = slices.DeleteFunc(columns, func(c copiedColumn) bool { return c.name == transactionColumn })
	}
	for _, c := range columns {
		if !slices.Contains(there, c.name) {
			return nil, fmt.Errorf("store: there is no column %s to copy", c.name)
		}
	}
	if len(there) != len(columns) {
		return nil, fmt.Errorf("store: %d columns are there to copy where there is room for %d", len(there), len(columns))
	}
	return columns, nil
}

// keyOf are the values of the key of a row.
func keyOf(table copiedTable, columns []copiedColumn, row []any) []any {
	key := make([]any, len(table.key))
	for i, name := range table.key {
		key[i] = row[slices.IndexFunc(columns, func(c copiedColumn) bool { return c.name == name })]
	}
	return key
}

// columnNames are the names of columns as SQL lists them.
func columnNames(columns []copiedColumn) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}
