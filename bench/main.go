// Command bench measures the service against what it leans on, each figure beside a yardstick measured in
// the same run:
//
//	(a) doses recorded a second, from the form sent to the redirect, against a bare handler doing the
//	    same statements with shared commits on the same kind of file;
//	(b) sign-in pages a second, against a handler answering a constant page of the same size;
//	(c) PDFs a second on one core, against a general library writing the same text;
//	(d) the time of a search by NIR among two million persons, against one among twenty thousand;
//	(pa) to (pf) the service on PostgreSQL: doses against what pgbench does of the barest ones, searches
//	    against a bare handler, the time of each step, its growth with the country, bytes and memory;
//	(pr) the time of a search and of a dose while a run goes on, against the usual one;
//	(pop) the import of the insured persons, against \copy of the same file;
//	(run) a run over an imported population, against the bare targeting;
//	(letters) batches of letters, beside \copy of their rows.
//
// Machines are noisy and differ: the two sides take turns, and it is the ratio that must hold. The
// command ends with status 1 when a ratio misses its limit, unless it was asked only to show that it
// works (-smoke). It listens on the loopback interface alone and writes in a folder of its own that it
// removes. It wires the service as commands do and changes nothing of it; nothing imports it.
//
//	go run ./bench [-smoke] [-only a,b,pa] [-folder DIR] [-cpuprofile FILE] [-persons N] [-rounds N] [-turn TIME]
//	            [-imported N] [-imported-large N]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

// bench is one figure to establish.
type bench struct {
	name  string
	title string
	run   func(context.Context, *lab) (verdict, error)
}

var benches = []bench{
	{"a", "doses recorded, against a bare handler doing the same statements", benchDoses},
	{"b", "sign-in pages, against a constant page of the same size", benchSignIn},
	{"c", "PDFs on one core, against a general library writing the same text", benchPDF},
	{"d", "time of a search by NIR among many persons, against one among few", benchSearch},
	{"pa", "doses recorded on PostgreSQL, against pgbench recording the barest ones", benchNationalDoses},
	{"pb", "searches on PostgreSQL, against a bare handler doing the same read and the same entry of the access log", benchNationalSearch},
	{"pc", "time of each step at half load, against pgbench's dose at half its own", benchNationalLatency},
	{"pd", "growth of the time of a search and of a dose with the country, against the yardstick's own", benchNationalGrowth},
	{"pe", "bytes of a person, a dose and an entry of the access log", benchNationalSize},
	{"pf", "memory of the service with many signed in, against ten", benchNationalMemory},
	{"pr", "time of a search and of a dose while a run goes on, against the usual one", benchNationalRun},
	{"pop", "rows of a first import of the insured persons, against \\copy of the same file into a table without indexes", benchPopulation},
	{"run", "time of a run over an imported population, against the bare targeting of the same persons", benchRun},
	{"letters", "letters a second of a batch, from the database to the disk, beside \\copy of their rows", benchLetters},
}

func main() {
	smoke := flag.Bool("smoke", false, "run for a moment only, to show that every bench works; no ratio fails")
	only := flag.String("only", "", "benches to run, separated by commas; all by default")
	folder := flag.String("folder", "", "folder to work in, on the disk to measure; the system's temporary one by default")
	profile := flag.String("cpuprofile", "", "file for a CPU profile; samples are tagged side=ours and side=yardstick")
	persons := flag.Int("persons", 5_000_000, "how many persons the largest country of (pd) has")
	rounds := flag.Int("rounds", 7, "how many rounds the benches on PostgreSQL have")
	turn := flag.Duration("turn", 5*time.Second, "how long a turn of a round is in the benches on PostgreSQL")
	var imported [2]int
	flag.IntVar(&imported[0], "imported", 200_000, "how many rows the smaller file of (pop) and (run) has")
	flag.IntVar(&imported[1], "imported-large", 1_000_000, "how many rows the larger file of (pop) and (run) has")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	missed, err := run(ctx, options{*smoke, *only, *folder, *profile, national{*persons, *rounds, *turn, imported}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if missed > 0 {
		fmt.Printf("%d missed\n", missed)
		os.Exit(1)
	}
}

type options struct {
	smoke                 bool
	only, folder, profile string
	national              national
}

// run runs the benches asked for and returns how many missed their limit.
func run(ctx context.Context, o options) (missed int, err error) {
	chosen, err := choose(o.only)
	if err != nil {
		return 0, err
	}
	folder, err := os.MkdirTemp(o.folder, "vaccin-bench-")
	if err != nil {
		return 0, fmt.Errorf("making a folder to work in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	stop, err := startProfile(o.profile)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	shared := &nations{}
	defer func() { err = errors.Join(err, shared.close()) }()
	fmt.Printf("%s, %d processors, %s/%s\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	for _, b := range chosen {
		fmt.Printf("\n(%s) %s\n", b.name, b.title)
		start := time.Now()
		v, err := b.run(ctx, &lab{folder: folder, smoke: o.smoke, out: os.Stdout, nations: shared, national: o.national})
		if err != nil {
			return missed, fmt.Errorf("(%s): %w", b.name, err)
		}
		judgement := ""
		switch {
		case o.smoke:
			judgement = ": not judged on so short a run"
		case !v.holds():
			judgement = ": MISSED"
			missed++
		}
		fmt.Printf("    %.0f s in all\n(%s) %s%s\n", time.Since(start).Seconds(), b.name, v, judgement)
	}
	return missed, nil
}

// choose returns the benches named, all of them for no name.
func choose(only string) ([]bench, error) {
	if only == "" {
		return benches, nil
	}
	var chosen []bench
	for _, name := range strings.Split(only, ",") {
		known := false
		for _, b := range benches {
			if b.name == strings.TrimSpace(name) {
				chosen, known = append(chosen, b), true
			}
		}
		if !known {
			return nil, fmt.Errorf("there is no bench %q", name)
		}
	}
	return chosen, nil
}

func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("making the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// tagged runs f, and all that f starts, under the name of a side of the comparison in CPU profiles.
func tagged(ctx context.Context, side string, f func(context.Context)) {
	pprof.Do(ctx, pprof.Labels("side", side), f)
}

// lab is where a bench works.
type lab struct {
	folder  string
	smoke   bool
	out     io.Writer
	nations *nations // shared by the benches of one run
	national
}

// program is the operator's program, built once.
func (l *lab) program(ctx context.Context) (string, error) {
	path := filepath.Join(l.folder, "vaccin")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	build := []string{"build", "-o", path}
	if !l.smoke { // as it is shipped, whatever the Makefile says of programs that are tried alone
		build = append(build, "-pgo=auto")
	}
	if out, err := exec.CommandContext(ctx, "go", append(build, "vaccin/cmd/vaccin")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w: %s", err, out)
	}
	return path, nil
}

// national is how large the benches on PostgreSQL are.
type national struct {
	persons int // of the largest country
	rounds  int
	turn    time.Duration

	imported [2]int // rows of the files of insured persons
}

// say prints a line of what was measured.
func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(l.out, "    "+format+"\n", args...)
}

// pick is what a full run takes, or what is enough to show that it works.
func pick[T any](l *lab, full, smoke T) T {
	if l.smoke {
		return smoke
	}
	return full
}
