package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// crashFile names the store that a child process writes to until it is killed.
const crashFile = "VACCIN_TEST_CRASH_FILE"

func TestMain(m *testing.M) {
	if address := os.Getenv(rotatedStore); address != "" {
		if err := rotateUntilKilled(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if from := os.Getenv(copyFrom); from != "" {
		if err := copyUntilKilled(from, os.Getenv(copyTo)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(crashFile); path != "" {
		err := writeUntilKilled(path)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(databases.Main(m))
}

// writeUntilKilled registers patients, declares them eligible and records their dose as fast as it can,
// and prints what was acknowledged once it is: a word and the record.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{Keys: keyringtest.Keys()})
	if err != nil {
		return err
	}
	const writers = 16
	failed := make(chan error, writers)
	for i := range writers {
		go func() {
			by := registrytest.Doctor(fmt.Sprintf("Docteur %d", i))
			g := registrytest.NewRegistry(s, registrytest.NewClock())
			g.Random = registry.New(s).Random
			for {
				if err := vaccinate(ctx, g, by); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func vaccinate(ctx context.Context, g *registry.Registry, by registry.Actor) error {
	id, _, err := g.Register(ctx, by, registrytest.NIR(rand.IntN(1_000_000_000)), registrytest.RegistrationRequest())
	if err != nil {
		return err
	}
	fmt.Println("registered", id)
	act := registry.Act{By: by, Record: id, Step: registry.StepFirstDose, Request: "form of " + string(id)}
	if _, err := g.DeclareEligibility(ctx, act, registrytest.EligibilityRequest()); err != nil {
		return err
	}
	fmt.Println("eligible", id)
	if _, err := g.RecordDose(ctx, act, registrytest.DoseRequest()); err != nil {
		return err
	}
	fmt.Println("dose", id)
	return nil
}

// TestAcknowledgedEntriesSurviveKill kills a process that writes, again and again at random moments, and
// looks for all it was told was written, on one and the same file.
func TestAcknowledgedEntriesSurviveKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, _ := openAt(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	kills := 10
	if testing.Short() {
		kills = 3
	}
	acknowledged := map[registry.RecordID]map[string]bool{}
	for range kills {
		for _, line := range killed(t, path, time.Duration(rand.IntN(300))*time.Millisecond) {
			word, id, ok := strings.Cut(line, " ")
			if !ok || len(id) != 32 {
				continue // the line on which the process died
			}
			if acknowledged[registry.RecordID(id)] == nil {
				acknowledged[registry.RecordID(id)] = map[string]bool{}
			}
			acknowledged[registry.RecordID(id)][word] = true
		}
		checkSurvivors(t, path, acknowledged)
	}
	t.Logf("%d patients over %d kills", len(acknowledged), kills)
}

// killed runs the child for a while after it began to write, kills it, and returns the lines it printed.
func killed(t *testing.T, path string, after time.Duration) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	var once sync.Once
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		once.Do(func() { time.AfterFunc(after, func() { _ = child.Process.Kill() }) })
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child was not killed: %v", err)
	}
	return lines
}

// checkSurvivors checks that what was acknowledged is there once, with its log entry, and that no record
// has an entry without a log entry or the other way round.
func checkSurvivors(t *testing.T, path string, acknowledged map[registry.RecordID]map[string]bool) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for id, said := range acknowledged {
		facts, err := s.Facts(t.Context(), id, registry.Wanted{})
		if err != nil {
			t.Fatalf("%v acknowledged: %v", said, err)
		}
		r := facts.Record
		if said["eligible"] && len(r.Eligibilities) != 1 || said["dose"] && len(r.FirstDoses) != 1 {
			t.Fatalf("%v acknowledged: %d declarations and %d doses", said, len(r.Eligibilities), len(r.FirstDoses))
		}
		events, err := s.Events(t.Context(), registry.EventQuery{Record: id, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		logged := map[registry.Action]int{}
		for _, e := range events {
			logged[e.Action]++
		}
		if logged[registry.ActionRegister] != 1 || logged[registry.ActionDeclareEligibility] != len(r.Eligibilities) ||
			logged[registry.ActionRecordFirstDose] != len(r.FirstDoses) || len(events) != r.Version {
			t.Fatalf("a record at version %d has the entries %v", r.Version, logged)
		}
	}
	damage := ""
	err = s.engine.read(t.Context(), query{sql: "PRAGMA integrity_check", row: func(scan func(...any) error) error { return scan(&damage) }})
	if err != nil || damage != "ok" {
		t.Fatalf("the file is damaged: %s %v", damage, err)
	}
}
