package store

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// The country that plans are made for: a million persons, of whom some have entries, and a million entries of the
// access log over six months. Rows are as wide as in life. What is not asked about is the same in all.
const (
	plannedPersons = 1_000_000
	plannedEntries = 60_000
	plannedLog     = 1_000_000
)

// plannedID is the identifier of the record n: of every second one it tells the number.
const plannedID = "CASE WHEN n %% 2 = 0 THEN rpad(lpad(to_hex(n), 10, '0'), 26, '0') ELSE lpad(to_hex(n), 32, '0') END"

// fillings make the country out of what is there, models of it included. Keys come in order, which spares most of
// the time; an index serves a look-up by equality the same.
func fillings(t *testing.T, c *pgx.Conn) []string {
	t.Helper()
	model := func(table, except string) string {
		t.Helper()
		names := ""
		err := c.QueryRow(t.Context(), "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::text::regclass"+
			" AND attnum > 0 AND NOT attisdropped AND attname <> ALL (string_to_array($2, ' '))", table, except).Scan(&names)
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	sealed := "'\\x" + strings.Repeat("5a", 260) + "'::bytea"
	all := []string{
		// The numbers of models come first; theirs are the low ones.
		fmt.Sprintf("INSERT INTO record (num, id, version, last_change, code, holder_key, birth_date, birth_rank, blind_key, own_key)"+
			" SELECT n, "+plannedID+", 3, n, 2000000000 + n, decode(lpad(to_hex(n / 3), 32, '0'), 'hex'), '19' || lpad((n %% 100)::text, 2, '0') || '0101',"+
			" 1 + n %% 3, 1, decode(lpad(to_hex(n), 32, 'f'), 'hex') FROM generate_series(1000, %d) n", plannedPersons+1000),
		fmt.Sprintf("INSERT INTO patient (record_num, sealed, sex, postal_code, commune_code, manual, born_first, born_last, department)"+
			" SELECT n, %s, 'F', lpad((n %% 6000)::text, 5, '0'), lpad((n %% 30000)::text, 5, '0'), false, 19450101, 19450101, '75' FROM generate_series(1000, %d) n", sealed, plannedPersons+1000),
	}
	names := model("entry", "record_num")
	all = append(all, fmt.Sprintf("INSERT INTO entry (record_num, %s) SELECT n, %s FROM generate_series(1000, %d) n, (SELECT * FROM entry"+
		" WHERE record_num = (SELECT min(record_num) FROM entry WHERE step = 1) AND step < 2 AND sequence = 1 AND number = 1) one", names, names, plannedEntries+1000))
	names = model(accessLog, "num txid at actor_id record_id")
	start := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	step := time.Date(2021, 7, 1, 0, 0, 0, 0, time.UTC).Sub(start).Microseconds() / plannedLog
	return append(all,
		fmt.Sprintf("INSERT INTO access_log (num, at, actor_id, record_id, %s) SELECT 1000 + n, %d + n * %d, (810000000000 + n * 7919 %% 20000)::text,"+
			" "+strings.ReplaceAll(plannedID, "(n", "(1000 + n")+", %s FROM (SELECT * FROM access_log LIMIT 1) one, generate_series(0::bigint, %d) n",
			names, start.UnixMicro(), step, names, plannedLog-1),
		"INSERT INTO former_code (code, record_num, since) SELECT 3000000000 + n, n, n FROM generate_series(1000, 11000) n",
		"UPDATE log_state SET num = 990000, turn = pg_current_xact_id()::text::bigint - 1",
		"INSERT INTO session (id, data, expires, owner) SELECT md5(n::text), decode(repeat('5a', 600), 'hex'), n, md5((n / 2)::text) FROM generate_series(1, 5000) n",
		"INSERT INTO kept_form (owner, data, expires) SELECT md5(n::text), decode(repeat('5a', 600), 'hex'), n FROM generate_series(1, 2000) n",
		"INSERT INTO throttle (key, version, last_change, pace, pace_at, misses, blocks) SELECT md5(n::text), 1, n, 0, n, 0, 0 FROM generate_series(1, 20000) n",
		"INSERT INTO locality (postal_code, folded_name, name, commune_code) SELECT lpad((n / 6)::text, 5, '0'), 'COMMUNE ' || n, 'Commune ' || n, '' FROM generate_series(1, 36000) n",
		"INSERT INTO locality_term (term, postal_code, folded_name, at_start) SELECT md5(n::text), lpad((n / 18)::text, 5, '0'), 'COMMUNE ' || n / 3, true FROM generate_series(1, 108000) n",
		"INSERT INTO vaccination_place (id, type, name, address, postal_code, locality, label, folded_label)"+
			" SELECT n::text, 'EHPAD', 'Lieu ' || n, '', '69000', 'LYON', 'Lieu ' || n, 'LIEU ' || n FROM generate_series(1000000, 1020000) n",
		"INSERT INTO vaccination_place_term (type, term, postal_code, folded_name, place_id, at_start)"+
			" SELECT type, md5(id || n), postal_code, folded_label, id, true FROM vaccination_place, generate_series(1, 3) n",
		"INSERT INTO lot (vaccine_code, number) SELECT 'X', 'EX' || n FROM generate_series(1, 2000) n",
		"INSERT INTO practice_place (national_id, id, position, name, address, postal_code, locality, previous_id, am_number)"+
			" SELECT n::text, 'R', 1, 'Cabinet', '', '', '', '', '' FROM generate_series(1, 100000) n",
	)
}

// makePlannedMonths makes the months of the log before anything is in it.
func makePlannedMonths(t *testing.T, c *pgx.Conn) {
	t.Helper()
	var months []string
	for month := range 6 {
		months = append(months, fmt.Sprintf("2021-%02d", 1+month))
	}
	if err := (&copyTarget{c}).makeMonths(t.Context(), months); err != nil {
		t.Fatal(err)
	}
}

// What is made anew once the rows are there, which is quicker than to keep it up row by row.
const (
	droppedKeys = "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname," +
		" 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)" +
		" FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid IN ('record'::regclass, 'patient'::regclass)"
	droppedIndexes = "SELECT 'DROP INDEX ' || indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes" +
		" WHERE tablename = 'access_log' OR indexname IN ('record_own', 'record_drawn')"
	// What runs by itself would look at the rows as they come.
	untended = "SELECT 'ALTER TABLE ' || oid::regclass || ' SET (autovacuum_enabled = off)', 'SELECT 1' FROM pg_class" +
		" WHERE relkind = 'r' AND (relname IN ('record', 'patient', 'entry') OR starts_with(relname, 'access_log_'))"
)

// populate fills a database with the country.
func populate(t *testing.T, c *pgx.Conn) {
	t.Helper()
	before, after := []string{"SET synchronous_commit = off", "SET maintenance_work_mem = '256MB'"}, []string{}
	for _, text := range []string{untended, droppedKeys, droppedIndexes} {
		rows, err := c.Query(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		drop, remake := "", ""
		_, err = pgx.ForEachRow(rows, []any{&drop, &remake}, func() error {
			before, after = append(before, drop), append(after, remake)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(after) < 20 {
		t.Fatalf("only %d tables, keys and indexes are to be made anew", len(after))
	}
	done(t, c, slices.Concat(before, fillings(t, c), after, []string{"RESET maintenance_work_mem", "ANALYZE"})...)
}

// planNode is a node of a plan.
type planNode struct {
	Kind      string     `json:"Node Type"`
	Relation  string     `json:"Relation Name"`
	Index     string     `json:"Index Name"`
	Condition string     `json:"Index Cond"`
	Rows      float64    `json:"Plan Rows"`
	Width     float64    `json:"Plan Width"`
	Nodes     []planNode `json:"Plans"`
}

// faults are what no plan of the hot path may do. limited tells that what is above takes some rows alone.
func (n planNode) faults(sizes map[string]float64, limited bool) (all []string) {
	const few, sortedInMemory = 500, 4 << 20 // the default of work_mem
	big := sizes[n.Relation] > few
	switch {
	case n.Kind == "Seq Scan" && big:
		all = append(all, "reads all of "+n.Relation)
	case strings.HasPrefix(n.Kind, "Index") && big && n.Condition == "" && !limited:
		all = append(all, "reads all of "+n.Relation+" by "+n.Index)
	case strings.Contains(n.Kind, "Sort") && n.Rows*n.Width > sortedInMemory:
		all = append(all, "sorts on the disk")
	case n.Kind == "Hash" && n.Rows > 10_000:
		all = append(all, "hashes a big table")
	}
	limited = limited || n.Kind == "Limit"
	for _, below := range n.Nodes {
		all = append(all, below.faults(sizes, limited)...)
	}
	return all
}

// literal is an argument as SQL writes it.
func literal(t *testing.T, kind uint32, value any) string {
	t.Helper()
	name := strings.TrimSuffix(arrayOf[kind], "[]")
	text := ""
	switch v := reflect.ValueOf(value); {
	case value == nil || v.Kind() == reflect.Slice && v.IsNil():
		return "NULL::" + name
	case v.Kind() == reflect.Slice:
		text = "\\x" + hex.EncodeToString(v.Bytes())
	default:
		text = strings.ReplaceAll(fmt.Sprint(value), "'", "''")
	}
	return "'" + text + "'::" + name
}

// plan is how the database would run a statement for so many rows of arguments, prepared.
func plan(t *testing.T, c *pgx.Conn, text string, kinds []uint32, args []any, many int) (explained string, root planNode) {
	t.Helper()
	types, values := make([]string, len(kinds)), make([]string, len(kinds))
	for i, kind := range kinds {
		types[i], values[i] = strings.TrimSuffix(arrayOf[kind], "[]"), literal(t, kind, args[i])
		if many > 0 {
			values[i] = "ARRAY[" + strings.Repeat(values[i]+", ", many-1) + values[i] + "]"
			types[i] = arrayOf[kind]
		}
	}
	prepare, execute := "PREPARE planned AS "+text, "EXECUTE planned"
	if len(kinds) > 0 {
		prepare = "PREPARE planned (" + strings.Join(types, ", ") + ") AS " + text
		execute += " (" + strings.Join(values, ", ") + ")"
	}
	var plans []struct{ Plan planNode }
	done(t, c, prepare)
	if err := c.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+execute, pgx.QueryExecModeSimpleProtocol).Scan(&explained); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	done(t, c, "DEALLOCATE planned")
	if err := json.Unmarshal([]byte(explained), &plans); err != nil || len(plans) != 1 {
		t.Fatal(explained, err)
	}
	return explained, plans[0].Plan
}

// TestPlansOfANation has the database plan every statement that a practitioner's day makes, on a million persons: for
// one and for many, with arguments that are known and with any. None reads a whole table, and none sorts on the disk.
func TestPlansOfANation(t *testing.T) {
	address := databases.Fresh(t)
	s, err := Open(t.Context(), address, Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	c := besides(t, address)
	makePlannedMonths(t, c)
	p := tape(s)
	hotPath(t, s)
	event := registry.Event{At: registrytest.NewClock().Now(), Action: registry.ActionRead}
	_, err = s.Facts(t.Context(), "a", registry.Wanted{Lot: "a", PlaceType: "a", PlaceLabel: "a", LocalityLabel: "a b"})
	if nothing(err) != nil {
		t.Fatal(err)
	}
	if _, err := s.Holdings(t.Context(), "a", event); nothing(err) != nil {
		t.Fatal(err)
	}
	if _, err := s.NumberEntries(t.Context(), "", event.At); err != nil {
		t.Fatal(err)
	}
	kinds := map[string][]uint32{}
	asked := p.reads
	for text, args := range p.writes {
		asked[text] = args
	}
	for text := range asked {
		kinds[text] = kindsOf(t, p.postgres, text)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	populate(t, c)
	t.Logf("a country made in %v", time.Since(began))
	t.Cleanup(func() {
		_ = c.Close(t.Context())
		name := address[strings.LastIndex(strings.SplitN(address, "?", 2)[0], "/")+1:]
		if _, err := databases.Cluster().SQL("postgres", "DROP DATABASE "+strings.SplitN(name, "?", 2)[0]); err != nil {
			t.Error(err)
		}
	})
	sizes := tableSizes(t, c)
	if sizes["record"] < plannedPersons*0.9 || sizes["access_log_2021_03"] < plannedLog/10 {
		t.Fatalf("the country is too small: %v", sizes)
	}
	// A query that no index serves, for the test to find.
	if _, root := plan(t, c, "SELECT num FROM record WHERE last_change = $1", []uint32{pgtype.Int8OID}, []any{7}, 0); root.faults(sizes, false) == nil {
		t.Error("a query that reads a whole table is not found")
	}
	planned := 0
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		done(t, c, "SET plan_cache_mode = "+mode)
		for text, args := range asked {
			if slices.ContainsFunc(kinds[text], func(kind uint32) bool { return arrayOf[kind] == "" }) {
				t.Errorf("an argument of a type that tests do not write: %s", text)
				continue
			}
			for _, many := range []int{0, 1, 10, 200} {
				sent := text
				if many > 0 {
					if sent = merge(text, kinds[text]).sql; sent == "" {
						continue
					}
				}
				explained, root := plan(t, c, sent, kinds[text], args, many)
				planned++
				if faults := root.faults(sizes, false); len(faults) > 0 {
					t.Errorf("%s, for %d:\n%s\n%s\n%s", mode, many, sent, strings.Join(faults, ", "), explained)
				}
			}
		}
	}
	if planned < 200 {
		t.Errorf("%d plans", planned)
	}
	t.Logf("%d plans of %d statements in %v", planned, len(asked), time.Since(began))
}

// kindsOf are the types of the arguments of a statement.
func kindsOf(t *testing.T, e *postgres, text string) []uint32 {
	t.Helper()
	c, err := e.acquire(t.Context(), &e.writers)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	prepared, err := prepare(c.Conn().PgConn(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return slices.Clone(prepared.ParamOIDs)
}

// tableSizes are how many rows the planner believes that tables have.
func tableSizes(t *testing.T, c *pgx.Conn) map[string]float64 {
	t.Helper()
	rows, err := c.Query(t.Context(), "SELECT relname::text, reltuples::float8 FROM pg_class WHERE relkind IN ('r', 'p')")
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]float64{}
	name, size := "", 0.0
	_, err = pgx.ForEachRow(rows, []any{&name, &size}, func() error {
		sizes[name] = size
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}

// TestAPlanThatReadsAWholeTableIsFound: what the test of plans looks for is what it finds.
func TestAPlanThatReadsAWholeTableIsFound(t *testing.T) {
	sizes := map[string]float64{"record": 1e6, "vaccine": 4}
	for _, c := range []struct {
		plan planNode
		bad  int
	}{
		{planNode{Kind: "Seq Scan", Relation: "record"}, 1},
		{planNode{Kind: "Seq Scan", Relation: "vaccine"}, 0},
		{planNode{Kind: "Index Scan", Relation: "record", Condition: "(id = $1)"}, 0},
		{planNode{Kind: "Index Only Scan", Relation: "record"}, 1},
		{planNode{Kind: "Limit", Nodes: []planNode{{Kind: "Index Scan", Relation: "record"}}}, 0},
		{planNode{Kind: "Nested Loop", Nodes: []planNode{{Kind: "Sort", Rows: 1e6, Width: 40}, {Kind: "Hash", Rows: 1e6}}}, 2},
	} {
		if found := c.plan.faults(sizes, false); len(found) != c.bad {
			t.Errorf("%+v: %q", c.plan, found)
		}
	}
	if got := literal(t, pgtype.TextOID, "l’a'b"); got != "'l’a''b'::text" {
		t.Error(got)
	}
}
