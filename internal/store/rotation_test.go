package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func rotateEvent(keyring.ID) registry.Event { return event(registry.ActionRotateKey) }

func rotate(t *testing.T, s *Store) (rows int) {
	t.Helper()
	rows, err := s.Rotate(t.Context(), rotateEvent, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// newer is a ring with one more key of each kind.
func newer(ring *keyring.Ring) *keyring.Ring {
	return keyringtest.With(keyringtest.With(ring, keyring.SealKey), keyring.BlindKey)
}

// importMany imports persons 0 to n-1 in parts.
func importMany(t *testing.T, s *Store, n int) {
	t.Helper()
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	for i := 0; i < n; i += chunk {
		if err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), persons(i, min(chunk, n-i)), "digest"); err != nil {
			t.Fatal(err)
		}
	}
}

// underKeys tells how many records are under each pair of keys, and checks that each opens as one person.
func underKeys(t *testing.T, s *Store) map[[2]int]int {
	t.Helper()
	rows, err := readAll(t.Context(), s, strings.Split(selectOld, " WHERE ")[0], nil, (*oldRow).columns)
	if err != nil {
		t.Fatal(err)
	}
	k, found, seen := s.keys.held.Load(), map[[2]int]int{}, map[string]bool{}
	for _, o := range rows {
		var p registry.Patient
		if err := k.open(o.id, o.sealed, &p); err != nil {
			t.Fatalf("a record does not open: %v", err)
		}
		if own := p.Own.Digits(); own != "" && seen[own] {
			t.Errorf("a person has two records")
		} else if own != "" {
			seen[own] = true
		}
		under, _ := keyring.SealedUnder(o.sealed)
		found[[2]int{int(under.Number), o.blindKey}]++
	}
	return found
}

func TestRotationBringsEveryRowToTheNewKeys(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		const n = 2*rotationStep + 100
		ring := keyringtest.Ring(1)
		old := server(t, address, keyring.Fixed(ring))
		importMany(t, old, n)
		if rows := rotate(t, old); rows != 0 {
			t.Errorf("%d rows were written anew under the same keys", rows)
		}
		ring = newer(ring)
		s := server(t, address, keyring.Fixed(ring))
		seal, blind := keyring.ID{Kind: keyring.SealKey, Number: 1}, keyring.ID{Kind: keyring.BlindKey, Number: 1}
		var parts []float64
		rows, err := s.Rotate(t.Context(), rotateEvent, func(part float64) { parts = append(parts, part) })
		if err != nil || rows != n {
			t.Errorf("%d rows were written anew, %v", rows, err)
		}
		if len(parts) < 3 || !slices.Contains(parts, 1) {
			t.Errorf("the parts told of are %v", parts)
		}
		if under := underKeys(t, s); !maps.Equal(under, map[[2]int]int{{2, 2}: n}) {
			t.Errorf("records are under %v", under)
		}
		for _, id := range []keyring.ID{seal, blind} {
			if err := s.RetireKey(t.Context(), id, event(registry.ActionRetireKey)); err != nil {
				t.Errorf("retiring %v: %v", id, err)
			}
			if err := s.RetireKey(t.Context(), id, event(registry.ActionRetireKey)); !errors.Is(err, ErrKeyRetired) {
				t.Errorf("retiring %v again: %v", id, err)
			}
			if ring, err = ring.Without(id); err != nil {
				t.Fatal(err)
			}
		}
		last := server(t, address, keyring.Fixed(ring))
		for _, i := range []int{0, n / 2, n - 1} {
			if found, err := searchHolder(t.Context(), last, i); err != nil || len(found) == 0 {
				t.Errorf("person %d: %d found, %v", i, len(found), err)
			}
		}
		events, err := last.Events(t.Context(), registry.EventQuery{Limit: 1000})
		logged := map[registry.Action]int{}
		for _, e := range events {
			logged[e.Action]++
		}
		if err != nil || logged[registry.ActionRotateKey] != 2 || logged[registry.ActionRetireKey] != 2 {
			t.Errorf("the log tells of %v, %v", logged, err)
		}
	})
}

func TestKeysAreRetiredOnlyWhenNothingBearsThem(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		ring := keyringtest.Ring(1)
		importMany(t, server(t, address, keyring.Fixed(ring)), 10)
		s := server(t, address, keyring.Fixed(newer(ring)))
		// The switch alone, as an interrupted rotation leaves it.
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.Rotate(ctx, func(id keyring.ID) registry.Event {
			if id.Kind == keyring.BlindKey {
				defer cancel() // its own work is not begun yet, the other's is done
			}
			return rotateEvent(id)
		}, nil)
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, try := range []struct {
			id   keyring.ID
			want error
		}{
			{keyring.ID{Kind: keyring.SealKey, Number: 1}, ErrKeyInUse},  // rows bear it
			{keyring.ID{Kind: keyring.BlindKey, Number: 1}, ErrKeyInUse}, // and it writes
			{keyring.ID{Kind: keyring.SealKey, Number: 2}, ErrKeyInUse},  // it writes
			{keyring.ID{Kind: keyring.BlindKey, Number: 2}, ErrKeyUnused},
			{keyring.ID{Kind: keyring.SealKey, Number: 9}, ErrKeyUnused},
		} {
			if err := s.RetireKey(t.Context(), try.id, event(registry.ActionRetireKey)); !errors.Is(err, try.want) {
				t.Errorf("retiring %v: %v", try.id, err)
			}
		}
		if under := underKeys(t, s); !maps.Equal(under, map[[2]int]int{{1, 1}: 10}) {
			t.Errorf("records are under %v", under)
		}
	})
}

// TestANumberIsNotGivenToAnotherKey: a ring from which a retired key was taken away must not name another
// key so.
func TestANumberIsNotGivenToAnotherKey(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		ring := newer(keyringtest.Ring(1))
		s := server(t, address, keyring.Fixed(keyringtest.Ring(1)))
		importMany(t, s, 3)
		rotate(t, server(t, address, keyring.Fixed(ring)))
		id := keyring.ID{Kind: keyring.SealKey, Number: 1}
		if err := s.RetireKey(t.Context(), id, event(registry.ActionRetireKey)); err != nil {
			t.Fatal(err)
		}
		other, err := keyringtest.Ring(7).Using(id, keyring.ID{Kind: keyring.BlindKey, Number: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fit(other, []StoredKey{{ID: id, Check: ring.Check(id), State: KeyRetired}}); !errors.Is(err, ErrKeys) {
			t.Errorf("another key of a retired number: %v", err)
		}
	})
}

// TestRotationLosesNothingThatIsDoneMeanwhile has servers search, register and import while the keys are
// rotated twice: whoever is there is always found, nobody comes twice, and no row is left behind.
func TestRotationLosesNothingThatIsDoneMeanwhile(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		const n = 2 * rotationStep
		var mu sync.Mutex
		ring := keyringtest.Ring(1)
		source := func(context.Context, bool) (*keyring.Ring, error) {
			mu.Lock()
			defer mu.Unlock()
			return ring, nil
		}
		servers := []*Store{server(t, address, source), server(t, address, source)}
		importMany(t, servers[0], n)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var busy sync.WaitGroup
		registered := make([]int, 4)
		for w := range registered {
			busy.Go(func() {
				s := servers[w%2]
				for i := 0; ctx.Err() == nil; i++ {
					if err := worksDuringRotation(t.Context(), s, w, i, n); err != nil {
						t.Errorf("writer %d: %v", w, err)
						return
					}
					registered[w]++
				}
			})
		}
		for range 2 {
			mu.Lock()
			ring = newer(ring)
			now := ring
			mu.Unlock()
			rotate(t, server(t, address, keyring.Fixed(now)))
		}
		stop()
		busy.Wait()
		last := server(t, address, source)
		total := n
		for _, r := range registered {
			total += r
		}
		if under := underKeys(t, last); !maps.Equal(under, map[[2]int]int{{3, 3}: total}) {
			t.Errorf("records are under %v, want %d", under, total)
		}
		for _, number := range []uint16{1, 2} {
			for kind := keyring.SealKey; kind <= keyring.BlindKey; kind++ {
				if err := last.RetireKey(t.Context(), keyring.ID{Kind: kind, Number: number}, event(registry.ActionRetireKey)); err != nil {
					t.Errorf("retiring: %v", err)
				}
			}
		}
		t.Logf("%v registered meanwhile", registered)
	})
}

// worksDuringRotation registers someone, who cannot be registered again nor imported, and finds them and others.
func worksDuringRotation(ctx context.Context, s *Store, w, i, n int) error {
	number := registrytest.NIR(100_000_000*(w+1) + i)
	if err := register(ctx, s, number); err != nil {
		return fmt.Errorf("registering: %w", err)
	}
	found, err := s.FindByNIR(ctx, number, event(registry.ActionSearchNIR), registry.Toll{})
	if err != nil || len(found) != 1 {
		return fmt.Errorf("who was registered: %d found, %w", len(found), err)
	}
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	again := registry.ImportedPerson{ID: registry.RecordID(fmt.Sprintf("%032x", 1<<40+100_000_000*w+i)), Patient: found[0].Patient}
	known := append(persons(rand.IntN(n), 1), again)
	if err := g.ImportPersons(ctx, registrytest.Doctor("Import"), known, "digest"); err != nil {
		return fmt.Errorf("importing who is there: %w", err)
	}
	k := s.keys.held.Load()
	change, err := k.registerRecord("another", found[0].Patient, 1)
	if err != nil {
		return err
	}
	err = s.write(ctx, work{statements: []statement{change}})
	if !errors.Is(err, registry.ErrPatientExists) && !errors.Is(err, errKeysMoved) {
		return fmt.Errorf("registering who is there: %w", err)
	}
	holder := rand.IntN(n/3) * 3
	if found, err = searchHolder(ctx, s, holder); err != nil || len(found) != 3 {
		return fmt.Errorf("three persons of one holder: %d found, %w", len(found), err)
	}
	return nil
}

// meddler is an engine on which something happens right after rows were read to be written anew.
type meddler struct {
	engine
	meddle func()
}

func (m *meddler) read(ctx context.Context, queries ...query) error {
	err := m.engine.read(ctx, queries...)
	if queries[0].sql == selectOld && m.meddle != nil {
		meddle := m.meddle
		m.meddle = nil
		meddle()
	}
	return err
}

// TestARowThatChangedMeanwhileIsNotOverwritten changes a person between the reading and the writing of a
// rotation, as a rectification of an identity would.
func TestARowThatChangedMeanwhileIsNotOverwritten(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		ring := keyringtest.Ring(1)
		s := server(t, address, keyring.Fixed(ring))
		id := importOne(t, s, 1)
		m := &meddler{engine: s.engine}
		s.engine, s.keys.ring = m, newer(ring)
		m.meddle = func() {
			k := s.keys.held.Load()
			p := persons(1, 1)[0].Patient
			p.BirthName, p.Holder = "CHANGED", registrytest.NIR(70)
			if err := s.write(t.Context(), work{alone: true, statements: []statement{
				{sql: "UPDATE record SET holder_key = $1, blind_key = $2", args: []any{k.blind(p.Holder), k.blindNumber()}},
				{sql: "UPDATE patient SET sealed = $1", args: []any{k.seal(id, p)}},
			}}); err != nil {
				t.Error(err)
			}
		}
		rotate(t, s)
		if m.meddle != nil {
			t.Fatal("nothing was read to be written anew")
		}
		found, err := s.FindByNIR(t.Context(), registrytest.NIR(70), event(registry.ActionSearchNIR), registry.Toll{})
		if err != nil || len(found) != 1 || found[0].Patient.BirthName != "CHANGED" {
			t.Errorf("%d found, %v", len(found), err)
		}
		if under := underKeys(t, s); !maps.Equal(under, map[[2]int]int{{2, 2}: 1}) {
			t.Errorf("records are under %v", under)
		}
	})
}

// rotatedStore names the store that a child process rotates until it is killed.
const rotatedStore = "VACCIN_TEST_ROTATED_STORE"

func rotateUntilKilled(address string) error {
	ctx := context.Background()
	s, err := Open(ctx, address, Options{Keys: keyring.Fixed(newer(keyringtest.Ring(1)))})
	if err != nil {
		return err
	}
	_, err = s.Rotate(ctx, rotateEvent, func(part float64) { fmt.Println(part) })
	return errors.Join(err, s.Close())
}

// TestARotationThatIsKilledGoesOn kills the process that rotates, each time a little later, until one comes
// to the end. Everybody is found in between.
func TestARotationThatIsKilledGoesOn(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		const n = 8 * rotationStep
		ring := keyringtest.Ring(1)
		s := server(t, address, keyring.Fixed(ring))
		importMany(t, s, n)
		s.keys.mu.Lock()
		s.keys.ring = newer(ring)
		s.keys.mu.Unlock()
		kills := 0
		for step := 1; ; step += 2 {
			ended := killedAfter(t, address, step)
			for _, i := range []int{0, n / 2, n - 1} {
				if found, err := searchHolder(t.Context(), s, i); err != nil || len(found) == 0 {
					t.Fatalf("person %d after %d kills: %d found, %v", i, kills, len(found), err)
				}
			}
			if ended {
				break
			}
			kills++
		}
		if kills < 2 {
			t.Errorf("only %d kills", kills)
		}
		if under := underKeys(t, s); !maps.Equal(under, map[[2]int]int{{2, 2}: n}) {
			t.Errorf("records are under %v", under)
		}
	})
}

// killedAfter runs a rotation in a process, kills it after it told of so many parts, and returns whether it
// came to its end before.
func killedAfter(t *testing.T, address string, parts int) (ended bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), rotatedStore+"="+address)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for scanner := bufio.NewScanner(out); scanner.Scan(); parts-- {
		if parts == 0 {
			_ = child.Process.Kill()
		}
	}
	err = child.Wait()
	if err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatal(err)
	}
	return err == nil
}

// TestTheSwitchWaitsForWhoIsWriting has a record under way, under the old keys, when the keys are rotated:
// the rotation waits for it and brings it over, instead of leaving it behind.
func TestTheSwitchWaitsForWhoIsWriting(t *testing.T) {
	address := databases.New(t)
	ring := keyringtest.Ring(1)
	s := server(t, address, keyring.Fixed(ring))
	importMany(t, s, 10)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	late := persons(100, 1)[0]
	k := s.keys.held.Load()
	guard, err := k.createRecord(late.ID, late.Patient, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	content, err := k.createPatient(late.ID, 7, late.Patient, registry.Insured{})
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range []statement{guard, content} {
		if done, err := tx.Exec(t.Context(), st.sql, st.args...); err != nil || done.RowsAffected() != 1 {
			t.Fatalf("%d rows, %v", done.RowsAffected(), err)
		}
	}
	last, rotated := server(t, address, keyring.Fixed(newer(ring))), make(chan error, 1)
	go func() {
		_, err := last.Rotate(context.WithoutCancel(t.Context()), rotateEvent, nil)
		rotated <- err
	}()
	select {
	case err := <-rotated:
		t.Fatalf("the rotation ended while a record was being written: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-rotated; err != nil {
		t.Fatal(err)
	}
	if under := underKeys(t, last); !maps.Equal(under, map[[2]int]int{{2, 2}: 11}) {
		t.Errorf("records are under %v", under)
	}
}
