package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"vaccin/internal/demo"
	"vaccin/internal/registry"
	"vaccin/internal/store/postgrestest"
)

// benchPopulation is (pop): the first import of the insured persons by the operator's command, against \copy of the same
// file into a table without indexes, at two sizes; what the ratio of the larger one is judged by. A newer file, of which one
// row in a hundred differs, is told beside.
func benchPopulation(ctx context.Context, l *lab) (v verdict, err error) {
	binary, err := l.program(ctx)
	if err != nil {
		return v, err
	}
	cluster, err := postgrestest.Start(durable...)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	var rates []float64
	for i, persons := range pick(l, []int{l.imported[0], l.imported[1]}, []int{2_000, 4_000}) {
		p := &populationBench{lab: l, cluster: cluster, binary: binary, persons: persons, name: fmt.Sprintf("population_%d", i)}
		ours, bare, err := p.run(ctx, i == 0)
		if err != nil {
			return v, err
		}
		rates = append(rates, ours)
		v = verdict{ratio: ours / bare, limit: 0.4}
	}
	l.say("a row takes %.2f times as long in the larger file", rates[0]/rates[1])
	return v, nil
}

// populationBench is one size.
type populationBench struct {
	*lab
	cluster *postgrestest.Cluster
	binary  string
	persons int
	name    string // of databases
}

// run imports a file, and a newer one; beside, also into a database that has one person.
func (p *populationBench) run(ctx context.Context, beside bool) (ours, bare float64, err error) {
	path, newer := filepath.Join(p.folder, p.name+".csv"), filepath.Join(p.folder, p.name+"-newer.csv")
	if err := p.write(path); err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	columns, rows, err := renewed(path, newer)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, os.Remove(newer)) }()
	if bare, err = p.bare(path, columns, rows); err != nil {
		return 0, 0, err
	}
	for _, one := range []struct{ title, path string }{{"first import", path}, {"newer file, 1 row in 100 differs", newer}} {
		rate, peak, err := p.imported(ctx, one.path, rows)
		if err != nil {
			return 0, 0, err
		}
		if ours == 0 {
			ours = rate
		}
		p.say("%d rows, %s: %.0f rows/s, \\copy %.0f rows/s, ratio %.2f, peak memory %.0f MB", rows, one.title, rate, bare, rate/bare, peak/(1<<20))
	}
	_, err = p.cluster.SQL("postgres", "DROP DATABASE "+p.name)
	if err == nil && beside {
		err = p.beside(ctx, path, rows, bare)
	}
	return ours, bare, err
}

// beside imports the file into a database that has one person.
func (p *populationBench) beside(ctx context.Context, path string, rows int, bare float64) error {
	one := &populationBench{lab: p.lab, cluster: p.cluster, binary: p.binary, persons: 1, name: p.name + "_beside"}
	first := filepath.Join(p.folder, one.name+".csv")
	if err := one.write(first); err != nil {
		return err
	}
	if _, _, err := one.imported(ctx, first, 1); err != nil {
		return err
	}
	rate, peak, err := one.imported(ctx, path, rows)
	if err != nil {
		return err
	}
	p.say("%d rows, beside one person: %.0f rows/s, \\copy %.0f rows/s, ratio %.2f, peak memory %.0f MB", rows, rate, bare, rate/bare, peak/(1<<20))
	_, err = p.cluster.SQL("postgres", "DROP DATABASE "+one.name)
	return errors.Join(err, os.Remove(first))
}

func (p *populationBench) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(demo.WriteInsured(f, demo.InsuredOptions{Persons: p.persons, Seed: 1, Today: registry.MustDate("2021-02-01")}), f.Close())
}

// renewed writes a newer file, of which the used name of one row in a hundred differs, and returns the columns and the
// number of rows.
func renewed(path, newer string) (columns []string, rows int, err error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer in.Close()
	out, err := os.Create(newer)
	if err != nil {
		return nil, 0, err
	}
	to := bufio.NewWriter(out)
	lines := bufio.NewScanner(in)
	for ; lines.Scan(); rows++ {
		line := lines.Bytes()
		if rows == 0 {
			columns = strings.Split(string(line), ";")
		} else if rows%100 == 0 {
			cells := bytes.Split(line, []byte(";"))
			cells[5] = []byte("Nouveau")
			line = bytes.Join(cells, []byte(";"))
		}
		_, _ = to.Write(append(line, '\n')) // whose error Flush tells
	}
	return columns, rows - 1, errors.Join(lines.Err(), to.Flush(), out.Close())
}

// bare is how many rows a second \copy takes into a table of as many columns of text.
func (p *populationBench) bare(path string, columns []string, rows int) (float64, error) {
	database := p.name + "_bare"
	if _, err := p.cluster.SQL("postgres", "CREATE DATABASE "+database); err != nil {
		return 0, err
	}
	if _, err := p.cluster.SQL(database, "CREATE TABLE bare ("+strings.Join(columns, " TEXT, ")+" TEXT)"); err != nil {
		return 0, err
	}
	// The account of the server reads it.
	if err := errors.Join(os.Chmod(p.folder, 0o755), os.Chmod(path, 0o644)); err != nil { //nolint:gosec // an invented file
		return 0, err
	}
	began := time.Now()
	if _, err := p.cluster.SQL(database, "\\copy bare FROM '"+path+"' WITH (FORMAT csv, DELIMITER ';', HEADER)"); err != nil {
		return 0, err
	}
	rate := float64(rows) / time.Since(began).Seconds()
	_, err := p.cluster.SQL("postgres", "DROP DATABASE "+database)
	return rate, err
}

// imported imports a file by the command, and returns its rate and peak memory.
func (p *populationBench) imported(ctx context.Context, path string, rows int) (rate, peak float64, err error) {
	there, err := p.cluster.SQL("postgres", "SELECT count(*) FROM pg_database WHERE datname = '"+p.name+"'")
	if err != nil {
		return 0, 0, err
	}
	address := p.cluster.URL(postgrestest.Superuser, p.name)
	if there == "0" {
		if _, err := p.cluster.SQL("postgres", "CREATE DATABASE "+p.name); err != nil {
			return 0, 0, err
		}
		if out, err := exec.CommandContext(ctx, p.binary, "migrate", "--store", address).CombinedOutput(); err != nil {
			return 0, 0, fmt.Errorf("making the tables: %w: %s", err, out)
		}
	}
	command := exec.CommandContext(ctx, p.binary, "import", "population", path, "--store", address,
		"--nir-key-file", filepath.Join(p.folder, p.name+".nir"), "--rejected", filepath.Join(p.folder, p.name+"-rejected.csv"))
	took, peak, err := ran(command)
	return float64(rows) / took.Seconds(), peak, err
}

// ran runs a program, and returns how long it took and its peak memory in bytes.
func ran(command *exec.Cmd) (took time.Duration, peak float64, err error) {
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, 0, fmt.Errorf("starting %s: %w", filepath.Base(command.Path), err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		// What the system says of it in the end begins with the memory of who started it: that of this process, with all its benches.
		if now, err := peakOf(command.Process.Pid); err == nil {
			peak = max(peak, now)
		}
		select {
		case err := <-ended:
			if err != nil {
				err = fmt.Errorf("running %s: %w: %s", filepath.Base(command.Path), err, out.Bytes())
			}
			return time.Since(began), peak, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
