package store

import (
	"embed"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
)

// settledMigrations landed before the program was released: nothing older ran beside them.
const settledMigrations = 11

// hurts are what breaks the previous version of the program, which runs while a migration lands.
var hurts = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"drops a column", regexp.MustCompile(`(?i)\bDROP\s+COLUMN\b`)},
	{"drops a table", regexp.MustCompile(`(?i)\bDROP\s+TABLE\b`)},
	{"renames", regexp.MustCompile(`(?i)\bRENAME\b`)},
	{"changes the type of a column", regexp.MustCompile(`(?i)\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b`)},
	{"refuses NULL where it was taken", regexp.MustCompile(`(?i)\bSET\s+NOT\s+NULL\b`)},
	{"selects columns without naming them", regexp.MustCompile(`(?i)\bSELECT\s+\*`)},
}

var (
	addsColumn = regexp.MustCompile(`(?is)\bADD\s+(?:COLUMN\s+)?(\w+)\s+[^,;]*?\bNOT\s+NULL\b[^,;]*`)
	hasDefault = regexp.MustCompile(`(?i)\b(DEFAULT|GENERATED)\b`)
	addsIndex  = regexp.MustCompile(`(?is)\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+ON\s+(?:ONLY\s+)?(\w+)`)
	dropsIndex = regexp.MustCompile(`(?i)\bDROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?(\w+)`)
	namesIndex = regexp.MustCompile(`(?i)\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
	makesTable = regexp.MustCompile(`(?i)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
)

// allowedMigrations are departures, each with the reason why the version before does not notice: by file and what it
// does.
var allowedMigrations = map[string]string{
	// One program at a time uses the file, and this one was never given to anybody.
	"sqlite/00014_entries.sql drops a table":                                   "the embedded store has no rolling upgrade: what serves it is stopped, and started as the next version",
	"sqlite/00015_log_run.sql drops a table":                                   "the same",
	"sqlite/00018_objections.sql drops a table":                                "the same",
	"sqlite/00018_objections.sql renames":                                      "the same",
	"sqlite/00026_own_number.sql drops an index":                               "the same",
	"postgres/00025_own_number.sql drops an index":                             "of a database without persons, where the version before that one could not begin a first import any more: it is not at work now",
	"postgres/00013_session_saves.sql drops an index":                          "the version before purges sessions without it, by reading them all",
	"postgres/00032_lighter_import.sql drops an index":                         "of a database without persons, where the version before cannot do without it: 00034 makes it again",
	"postgres/00034_drawn_id_again.sql builds an index while nobody may write": "of a table without rows",
	"postgres/00036_former_id_indexes.sql drops an index":                      "the version before looks identifiers up by record_drawn and by the numbers that they tell, and takes this index away only if it is there",
	"postgres/00037_population_base.sql drops a table":                         "which nothing reads or writes any more, and to which the version before gives no rights any more",
	// Of tables with a row a run, and a row a batch.
	"postgres/00021_agent.sql builds an index while nobody may write": "some hundreds of rows, and nobody waits for them but who prepares a run or letters",
	// A function that it makes does, of a table that another of its functions made.
	"postgres/00014_targeting.sql drops a table": "the version before knows no run of a campaign",
}

// departures are what a migration does that the version before would notice. index tells whether building an index on
// a table that is in use stops those that write it, as in PostgreSQL.
func departures(text string, index bool) (found []string) {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	up = regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(up, "")
	for _, h := range hurts {
		if h.pattern.MatchString(up) {
			found = append(found, h.what)
		}
	}
	for _, add := range addsColumn.FindAllStringSubmatch(up, -1) {
		if !strings.EqualFold(add[1], "CONSTRAINT") && !hasDefault.MatchString(add[0]) {
			found = append(found, "adds a column that the version before cannot fill")
		}
	}
	made := map[string]bool{}
	for _, table := range makesTable.FindAllStringSubmatch(up, -1) {
		made[table[1]] = true
	}
	for _, added := range addsIndex.FindAllStringSubmatch(up, -1) {
		if index && added[1] == "" && !made[added[2]] {
			found = append(found, "builds an index while nobody may write")
		}
	}
	again := map[string]bool{} // what is left of an index that was not made to the end is taken away first
	for _, named := range namesIndex.FindAllStringSubmatch(up, -1) {
		again[named[1]] = true
	}
	for _, dropped := range dropsIndex.FindAllStringSubmatch(up, -1) {
		if !again[dropped[1]] { // that version plans with it, and takes it away by its name when it begins a first import
			found = append(found, "drops an index")
		}
	}
	return found
}

func TestMigrationsLetTheVersionBeforeGoOnWorking(t *testing.T) {
	for dir, files := range map[string]embed.FS{"migrations/postgres": postgresMigrations, "migrations/sqlite": migrations} {
		entries, err := fs.ReadDir(files, dir)
		if err != nil || len(entries) == 0 {
			t.Fatal(len(entries), err)
		}
		for _, entry := range entries {
			number, err := goose.NumericComponent(entry.Name())
			if err != nil {
				t.Fatal(err)
			}
			text, err := fs.ReadFile(files, dir+"/"+entry.Name())
			if err != nil {
				t.Fatal(err)
			}
			if number <= settledMigrations {
				continue
			}
			name := filepath.Base(dir) + "/" + entry.Name()
			for _, found := range departures(string(text), dir == "migrations/postgres") {
				if allowedMigrations[name+" "+found] == "" {
					t.Errorf("%s %s", name, found)
				}
			}
		}
	}
}

func TestTheCheckOfMigrationsFinds(t *testing.T) {
	for text, many := range map[string]int{
		"ALTER TABLE dose DROP COLUMN lot_number;":                                                  1,
		"ALTER TABLE dose RENAME COLUMN lot_number TO lot;":                                         1,
		"ALTER TABLE dose RENAME TO doses;":                                                         1,
		"ALTER TABLE dose ALTER COLUMN n TYPE BIGINT;":                                              1,
		"ALTER TABLE dose ALTER n SET NOT NULL;":                                                    1,
		"ALTER TABLE dose ADD COLUMN n INTEGER NOT NULL;":                                           1,
		"ALTER TABLE dose ADD n INTEGER CHECK (n > 0) NOT NULL, ADD m INTEGER;":                     1,
		"ALTER TABLE dose ADD COLUMN n INTEGER NOT NULL DEFAULT 0;":                                 0,
		"ALTER TABLE dose ADD COLUMN n INTEGER;\nUPDATE dose SET n = 0 WHERE n IS NOT NULL;":        0,
		"INSERT INTO a (n) SELECT * FROM dose;":                                                     1,
		"DROP TABLE dose;":                                                                          1,
		"CREATE INDEX dose_n ON dose (n);":                                                          1,
		"CREATE INDEX CONCURRENTLY dose_n ON dose (n);":                                             0,
		"DROP INDEX CONCURRENTLY IF EXISTS dose_n;\nCREATE INDEX CONCURRENTLY dose_n ON dose (n);":  0,
		"DROP INDEX IF EXISTS dose_n;\nCREATE INDEX CONCURRENTLY dose_m ON dose (n);":               1,
		"CREATE TABLE new (n INTEGER NOT NULL);\nCREATE UNIQUE INDEX new_n ON new (n);":             0,
		"-- never DROP COLUMN here\nCREATE TABLE new (n INTEGER);\n-- +goose Down\nDROP TABLE new;": 0,
	} {
		if found := departures(text, true); len(found) != many {
			t.Errorf("%q: %v", text, found)
		}
	}
}
