// Package yardstick runs what PostgreSQL alone does, for the benches to divide by: the bare tables and
// transactions of the four SQL files, copies to the byte of the project's yardsticks, loaded by pgbench. It
// knows nothing of the service, and nothing of it may be changed to make a ratio look better.
package yardstick

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"vaccin/internal/store/postgrestest"
)

//go:embed *.sql
var files embed.FS

// Script is one of the transactions that pgbench runs.
type Script string

// The transactions.
const (
	Dose   Script = "dose.sql"   // read a person, insert a dose, insert a log entry
	Search Script = "search.sql" // read a person
)

// Targeting is the text of the bare targeting.
func Targeting() (string, error) {
	text, err := files.ReadFile("targeting.sql")
	return string(text), err
}

// Clients are the numbers of clients among which a yardstick takes its best.
var Clients = []int{8, 32, 64}

// threads are pgbench's own, as many as the yardstick says.
const threads = 2

// Bare is a database of the yardstick's tables.
type Bare struct {
	cluster  *postgrestest.Cluster
	database string
	folder   string // the SQL files, and what pgbench writes
	persons  int
}

// New makes a database in a cluster, with so many persons.
func New(cluster *postgrestest.Cluster, database string, persons int) (*Bare, error) {
	b := &Bare{cluster, database, filepath.Join(cluster.Dir, database), persons}
	// The account of the server writes here what pgbench logs.
	if err := cluster.Run("mkdir", b.folder); err != nil {
		return nil, fmt.Errorf("making the yardstick's folder: %w", err)
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(b.folder, name), text, 0o644)
		}
		if err != nil {
			return nil, fmt.Errorf("writing the yardstick: %w", err)
		}
	}
	if err := cluster.Run("createdb", append(b.reached(""), database)...); err != nil {
		return nil, fmt.Errorf("making the yardstick's database: %w", err)
	}
	// Of an integer the birth dates of schema.sql overflow from 271,184 persons on.
	err = cluster.Run("psql", b.reached("-d", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "n="+strconv.Itoa(persons)+"::bigint", "-f", filepath.Join(b.folder, "schema.sql"))...)
	if err != nil {
		return nil, fmt.Errorf("making the yardstick's tables: %w", err)
	}
	return b, nil
}

// Database is the name of the database.
func (b *Bare) Database() string { return b.database }

// reached are arguments of one of PostgreSQL's programs, with where the database is. named is the flag before
// the database's name, empty for none.
func (b *Bare) reached(named string, more ...string) []string {
	arguments := []string{"-h", b.cluster.Socket(), "-U", postgrestest.Superuser}
	if named != "" {
		arguments = append(arguments, named, b.database)
	}
	return append(arguments, more...)
}

// Load is what pgbench is asked for.
type Load struct {
	Script  Script
	Clients int
	For     time.Duration // whole seconds
	Rate    float64       // transactions a second, as they come; 0 for as many as it can
	Times   bool          // keep the time of each transaction, which costs it a little
}

// Result is what pgbench did.
type Result struct {
	Rate  float64         // transactions a second
	Times []time.Duration // in order of length; of a rate, from when each was due
}

// Run has pgbench load the database.
func (b *Bare) Run(l Load) (r Result, err error) {
	seconds := max(1, int(l.For/time.Second))
	arguments := []string{
		"-n", "-M", "prepared", "-c", strconv.Itoa(l.Clients), "-j", strconv.Itoa(threads), "-T", strconv.Itoa(seconds),
		"-D", "n=" + strconv.Itoa(b.persons), "-f", filepath.Join(b.folder, string(l.Script)),
	}
	if l.Rate > 0 {
		arguments = append(arguments, "-R", strconv.FormatFloat(l.Rate, 'f', 1, 64))
	}
	if l.Times {
		arguments = append(arguments, "-l", "--log-prefix="+filepath.Join(b.folder, "times"))
	}
	out, err := b.cluster.Output("pgbench", append(b.reached("", arguments...), b.database)...)
	if err != nil {
		return r, err
	}
	if r.Rate, err = rateOf(out); err != nil || !l.Times {
		return r, err
	}
	r.Times, err = b.times()
	return r, err
}

// Best is the highest rate among the numbers of clients, each loading so long, and whose it is.
func (b *Bare) Best(script Script, each time.Duration) (rate float64, clients int, err error) {
	for _, n := range Clients {
		r, err := b.Run(Load{Script: script, Clients: n, For: each})
		if err != nil {
			return 0, 0, err
		}
		if r.Rate > rate {
			rate, clients = r.Rate, n
		}
	}
	return rate, clients, nil
}

var (
	rateSaid   = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)
	failedSaid = regexp.MustCompile(`(?m)^number of failed transactions: ([0-9]+)`)
)

// rateOf reads the rate in what pgbench says; a transaction that failed is an error.
func rateOf(out string) (float64, error) {
	if failed := failedSaid.FindStringSubmatch(out); failed != nil && failed[1] != "0" {
		return 0, fmt.Errorf("pgbench: %s transactions failed", failed[1])
	}
	said := rateSaid.FindStringSubmatch(out)
	if said == nil {
		return 0, fmt.Errorf("pgbench said no rate: %.300q", out)
	}
	return strconv.ParseFloat(said[1], 64)
}

// times reads and removes what pgbench logged.
func (b *Bare) times() (all []time.Duration, err error) {
	logs, err := filepath.Glob(filepath.Join(b.folder, "times.*"))
	if err != nil {
		return nil, err
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err == nil {
			all, err = appendTimes(all, text)
		}
		if err := errors.Join(err, os.Remove(path)); err != nil {
			return nil, fmt.Errorf("reading pgbench's log: %w", err)
		}
	}
	slices.Sort(all)
	return all, nil
}

// appendTimes reads lines of pgbench's log, whose third field is a transaction's time in microseconds.
func appendTimes(all []time.Duration, text []byte) ([]time.Duration, error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 6 {
			return nil, fmt.Errorf("a line of %d fields", len(fields))
		}
		micros, err := strconv.ParseInt(string(fields[2]), 10, 64)
		if err != nil {
			return nil, errors.New("a time that is no number")
		}
		all = append(all, time.Duration(micros)*time.Microsecond)
	}
	return all, lines.Err()
}
