package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// plainPrinter writes a line a letter.
var plainPrinter = registry.BatchPrinter{
	Layout: 1,
	Print: func(w io.Writer, _ registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		for r, err := range letters {
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(w, r.Number, r.Code, r.UsedName, r.Address); err != nil {
				return err
			}
		}
		return nil
	},
}

var letterManager = registrytest.Agent(registry.RoleCampaign, "Lea")

// targetedMany is a store of so many persons, all targeted by one run.
func targetedMany(t *testing.T, address string, n int) (*Store, *registry.Registry, int) {
	t.Helper()
	s := server(t, address, keyringtest.Keys())
	importMany(t, s, n)
	run := approvedRun(t, s, everybody(""))
	if err := carryOut(t.Context(), s, run); err != nil {
		t.Fatal(err)
	}
	return s, registrytest.NewRegistry(s, registrytest.NewClock()), run
}

func askedBatch(t *testing.T, g *registry.Registry, run, again int) registry.Batch {
	t.Helper()
	_, all, err := g.Batches(t.Context(), letterManager, run)
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.AskBatch(t.Context(), letterManager, registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Known: len(all), Again: again, Sure: true}, plainPrinter)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func madeBatch(t *testing.T, g *registry.Registry, key registry.BatchKey) (registry.Batch, string) {
	t.Helper()
	var out bytes.Buffer
	b, err := g.WorkBatch(t.Context(), letterManager, key, plainPrinter, &out, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b, out.String()
}

// TestABatchIsRefusedOnceItsLettersWouldBeOthers changes what letters say, and whom they may be sent to, after they were printed.
func TestABatchIsRefusedOnceItsLettersWouldBeOthers(t *testing.T) {
	for name, engine := range map[string]func(t testing.TB) string{"SQLite": fileOf, "PostgreSQL": databases.Fresh} {
		t.Run(name, func(t *testing.T) {
			s, g, run := targetedMany(t, engine(t), 10)
			b, text := madeBatch(t, g, askedBatch(t, g, run, 0).BatchKey)
			if b.Letters != 10 || strings.Count(text, "\n") != 10 {
				t.Fatalf("%+v", b)
			}
			delivered := func() (string, error) {
				var out bytes.Buffer
				_, write, err := g.Deliver(t.Context(), letterManager, b.BatchKey, plainPrinter)
				if err == nil {
					err = write(&out)
				}
				return out.String(), err
			}
			do := func(sql string, args ...any) {
				t.Helper()
				if err := execute(t, s, sql, args...); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct{ change, back, says string }{
				{"UPDATE patient SET died = 20210201 WHERE record_num = 3", "UPDATE patient SET died = 0", "Depuis cet envoi, 1\u00a0destinataire est décédé\u00a0: cet envoi n’est plus imprimé tel quel. Préparez un nouvel envoi aux mêmes destinataires, qui se fera sans cette personne."},
				{"UPDATE patient SET objects = true WHERE record_num < 3", "UPDATE patient SET objects = false", "Depuis cet envoi, 2\u00a0destinataires se sont opposés\u00a0: cet envoi n’est plus imprimé tel quel. Préparez un nouvel envoi aux mêmes destinataires, qui se fera sans ces personnes."},
			} {
				do(c.change)
				out, err := delivered()
				if registry.KindOf(err) != registry.KindConflict || !strings.Contains(err.Error(), c.says) || out != "" {
					t.Errorf("%s: %v, %d bytes", c.change, err, len(out))
				}
				do(c.back)
				if out, err := delivered(); err != nil || out != text {
					t.Errorf("after %s: %v, the same: %v", c.back, err, out == text)
				}
			}
			// Sealed anew, as by a rotation of the keys, a letter is the same; to someone who moved it is not.
			var id registry.RecordID
			var sealed []byte
			if err := s.engine.read(t.Context(), query{
				sql: "SELECT r.id, p.sealed FROM record r JOIN patient p ON p.record_num = r.num WHERE r.num = 5",
				row: func(scan func(...any) error) error { return scan(&id, &sealed) },
			}); err != nil {
				t.Fatal(err)
			}
			err := s.withKeys(t.Context(), func(k *identityKeys) error {
				var p registry.Patient
				if err := k.open(id, sealed, &p); err != nil {
					return err
				}
				do("UPDATE patient SET sealed = $1 WHERE record_num = 5", k.seal(id, p)) // other bytes of the same
				if out, err := delivered(); err != nil || out != text {
					t.Errorf("sealed anew: %v, the same: %v", err, out == text)
				}
				p.Address = "4 rue des Lilas"
				do("UPDATE patient SET sealed = $1 WHERE record_num = 5", k.seal(id, p))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if out, err := delivered(); registry.KindOf(err) != registry.KindConflict || !strings.Contains(err.Error(), "a changé depuis") || out != "" {
				t.Errorf("who moved: %v, %d bytes", err, len(out))
			}
			do("UPDATE patient SET objects = true WHERE record_num = 1")
			do("UPDATE patient SET died = 20210201 WHERE record_num = 2")
			const both = "Depuis cet envoi, 1\u00a0destinataire s’est opposé et 1\u00a0destinataire est décédé" // before that somebody moved: it says whom letters are kept from
			if out, err := delivered(); registry.KindOf(err) != registry.KindConflict || !strings.Contains(err.Error(), both) || out != "" {
				t.Errorf("who objects, who died and who moved: %v, %d bytes", err, len(out))
			}
			again, other := madeBatch(t, g, askedBatch(t, g, run, b.Part).BatchKey)
			if again.Letters != 8 || again.LeftOut != (registry.LeftOut{Objecting: 1, Deceased: 1}) || !strings.Contains(other, "4 rue des Lilas") {
				t.Errorf("to the same persons: %+v", again)
			}
			// The record of a recipient was joined with another.
			do("DELETE FROM patient WHERE record_num = 4")
			do("DELETE FROM record WHERE num = 4")
			_, _, err = g.Deliver(t.Context(), letterManager, again.BatchKey, plainPrinter)
			if registry.KindOf(err) != registry.KindConflict || !strings.Contains(err.Error(), "a changé depuis") {
				t.Errorf("whose record is gone: %v", err)
			}
			if n := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM access_log WHERE action = 'deliver-letters' AND outcome = 'conflict'"); n != "5" {
				t.Errorf("%s refusals are in the log", n)
			}
		})
	}
}

func fileOf(t testing.TB) string {
	t.Helper()
	return t.TempDir() + "/store.db"
}

// TestABatchThatIsKilledAgainAndAgainWritesToEachOnce stops those who make it at any moment, several at a time.
func TestABatchThatIsKilledAgainAndAgainWritesToEachOnce(t *testing.T) {
	for name, engine := range map[string]func(t testing.TB) string{"SQLite": fileOf, "PostgreSQL": databases.Fresh} {
		t.Run(name, func(t *testing.T) {
			s, g, run := targetedMany(t, engine(t), 5000)
			asked := askedBatch(t, g, run, 0)
			stops := 0
			for try := 0; ; try++ {
				var all sync.WaitGroup
				errs := make([]error, 2)
				for i := range errs {
					all.Go(func() {
						within := 10*time.Second + time.Minute
						if try < 30 {
							within = time.Duration(rand.Int64N(int64(20*time.Millisecond)) + int64(try)*int64(time.Millisecond))
						}
						ctx, cancel := context.WithTimeout(t.Context(), within)
						defer cancel()
						_, errs[i] = g.WorkBatch(ctx, letterManager, asked.BatchKey, plainPrinter, io.Discard, nil)
						if errs[i] != nil && ctx.Err() == nil {
							t.Errorf("not stopped, and failed: %v", errs[i])
						}
					})
				}
				all.Wait()
				if errors.Join(errs...) == nil {
					break
				}
				if stops++; try > 100 || t.Failed() {
					t.FailNow()
				}
			}
			if stops < 3 {
				t.Errorf("it was stopped %d times only", stops)
			}
			var out bytes.Buffer
			_, write, err := g.Deliver(t.Context(), letterManager, asked.BatchKey, plainPrinter)
			if err == nil {
				err = write(&out)
			}
			if err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 5000 {
				t.Fatalf("%d letters, %v", bytes.Count(out.Bytes(), []byte("\n")), err)
			}
			for what, sql := range map[string]string{
				"5000": "SELECT CAST(COUNT(DISTINCT record_num) AS TEXT) FROM letter", "5000 ": "SELECT CAST(COUNT(*) AS TEXT) FROM letter",
				"1": "SELECT CAST(COUNT(*) AS TEXT) FROM access_log WHERE action = 'print-letters'",
			} {
				if got := cell(t, s, sql); got != strings.TrimSpace(what) {
					t.Errorf("%s: %s", sql, got)
				}
			}
		})
	}
}

// TestABatchIsDroppedUnderTheHandsOfTwo drops it at any moment: then it has no letters, and all are written to by the next one; or it
// was ready, and stays.
func TestABatchIsDroppedUnderTheHandsOfTwo(t *testing.T) {
	for name, engine := range map[string]func(t testing.TB) string{"SQLite": fileOf, "PostgreSQL": databases.Fresh} {
		t.Run(name, func(t *testing.T) {
			s, g, run := targetedMany(t, engine(t), 5000)
			dropped := 0
			for try := range 12 {
				asked := askedBatch(t, g, run, 0)
				var all sync.WaitGroup
				for range 2 {
					all.Go(func() {
						b, err := g.WorkBatch(t.Context(), letterManager, asked.BatchKey, plainPrinter, io.Discard, nil)
						if err != nil || !b.State.Over() {
							t.Errorf("%s, %v", b.State, err)
						}
					})
				}
				time.Sleep(time.Duration(try) * 20 * time.Millisecond)
				_, err := g.DropBatch(t.Context(), letterManager, asked.BatchKey)
				all.Wait()
				b, failed := s.Batch(t.Context(), asked.BatchKey)
				if failed != nil {
					t.Fatal(failed)
				}
				rows := cell(t, s, fmt.Sprintf("SELECT CAST(COUNT(*) AS TEXT) FROM letter WHERE part = %d", b.Part))
				kept := cell(t, s, fmt.Sprintf("SELECT state FROM letter_batch WHERE part = %d", b.Part))
				switch b.State {
				case registry.BatchDropped:
					// The version before takes it for one with nobody to write to.
					if dropped++; err != nil || rows != "0" || b.Letters != 0 || kept != "empty" {
						t.Errorf("dropped: %v, %s rows of %d letters, kept as %s", err, rows, b.Letters, kept)
					}
					continue
				case registry.BatchPrinted:
					if registry.KindOf(err) != registry.KindConflict || rows != "5000" || b.Letters != 5000 {
						t.Errorf("printed: %v, %s rows of %d letters", err, rows, b.Letters)
					}
				default:
					t.Errorf("%s, %v", b.State, err)
				}
				break
			}
			if dropped < 2 {
				t.Errorf("it was dropped %d times only", dropped)
			}
			if t.Failed() {
				return
			}
			if b, _ := madeBatch(t, g, askedBatch(t, g, run, 0).BatchKey); b.Letters != 5000 && b.LeftOut.Written != 5000 {
				t.Errorf("the next one: %+v", b)
			}
		})
	}
}

// TestTheNextBatchBeginsWhereTheDroppedOneBegan has a full batch, here of two letters, followed by one that is dropped.
func TestTheNextBatchBeginsWhereTheDroppedOneBegan(t *testing.T) {
	for name, engine := range map[string]func(t testing.TB) string{"SQLite": fileOf, "PostgreSQL": databases.Fresh} {
		t.Run(name, func(t *testing.T) {
			s, g, run := targetedMany(t, engine(t), 9)
			choose := func(b registry.Batch, n int) registry.Batch {
				t.Helper()
				next, err := s.NextRecipients(t.Context(), b, n)
				if err != nil {
					t.Fatal(err)
				}
				part := registry.DecidePart(b, next, false)
				if err := s.Gather(t.Context(), b, part); err != nil {
					t.Fatal(err)
				}
				return b.With(part)
			}
			full := choose(askedBatch(t, g, run, 0), 2)
			if err := execute(t, s, "UPDATE letter_batch SET state = 'printing'"); err != nil {
				t.Fatal(err)
			}
			if b, _ := madeBatch(t, g, full.BatchKey); b.Letters != 2 || b.Ended {
				t.Fatalf("%+v", b)
			}
			again := choose(askedBatch(t, g, run, 1), 1)
			if b, err := g.DropBatch(t.Context(), letterManager, again.BatchKey); err != nil || b.Through != 0 {
				t.Fatalf("to the same persons: %+v, %v", b, err)
			}
			chosen := choose(askedBatch(t, g, run, 0), 3)
			if chosen.Through == full.Through {
				t.Fatalf("nobody was chosen: %+v", chosen)
			}
			if b, err := g.DropBatch(t.Context(), letterManager, chosen.BatchKey); err != nil || b.Through != full.Through {
				t.Fatalf("dropped: %+v, %v", b, err)
			}
			next := askedBatch(t, g, run, 0)
			if next.Through != full.Through {
				t.Errorf("the next begins after %d, not %d", next.Through, full.Through)
			}
			if b, _ := madeBatch(t, g, next.BatchKey); b.Letters != 7 || b.LeftOut.Written != 0 {
				t.Errorf("the next: %+v", b)
			}
		})
	}
}

// TestTheServiceMakesLetters does it with the rights of the service alone, after which it may change none.
func TestTheServiceMakesLetters(t *testing.T) {
	address := databases.Fresh(t)
	_, _, run := targetedMany(t, address, 20)
	s, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	dropped := askedBatch(t, g, run, 0)
	next, err := s.NextRecipients(t.Context(), dropped, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Gather(t.Context(), dropped, registry.DecidePart(dropped, next, false)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.DropBatch(t.Context(), letterManager, dropped.BatchKey); err != nil {
		t.Fatal(err)
	}
	asked := askedBatch(t, g, run, 0)
	all, err := s.NextRecipients(t.Context(), asked, 21)
	if err != nil {
		t.Fatal(err)
	}
	part := registry.DecidePart(asked, all, true)
	if err := s.Gather(t.Context(), asked, part); err != nil {
		t.Fatal(err)
	}
	if err := s.LeaveOut(t.Context(), asked.With(part), []int{7}, registry.LeftOut{Vaccinated: 1}); err != nil {
		t.Fatal(err)
	}
	if n, err := g.WorkBatches(t.Context(), letterManager, plainPrinter); err != nil || n != 1 {
		t.Fatalf("%d batches, %v", n, err)
	}
	if n := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM letter WHERE part = 2"); n != "19" {
		t.Errorf("%s letters", n)
	}
	for _, sql := range []string{
		"DELETE FROM letter", "UPDATE letter SET number = number + 1", "DELETE FROM letter_batch", "DELETE FROM letter_delivery", "DELETE FROM letter_places", "UPDATE letter_places SET content = ''",
		"UPDATE letter_delivery SET by_id = ''",
		"UPDATE letter_batch SET dropped_at = 1", "UPDATE letter_batch SET state = 'empty', letters = 0, dropped_at = 1 WHERE part = 2",
		"UPDATE letter_batch SET letters = letters - 1, left_numbers = '[1]' WHERE part = 2",
	} {
		if err := execute(t, s, sql); err == nil {
			t.Errorf("the service may %s", sql)
		}
	}
	// What was handed over stays, even if the service says that it was never printed, or that it is another batch.
	if err := g.Delivered(t.Context(), letterManager, registry.Batch{BatchKey: registry.BatchKey{Run: run, Part: 2}}); err != nil {
		t.Fatal(err)
	}
	open := askedBatch(t, g, run, 0)
	for _, sql := range []string{
		"UPDATE letter_batch SET state = 'empty' WHERE part = 3", "UPDATE letter_batch SET state = 'gathering', printed_at = 0 WHERE part = 2",
		"UPDATE letter_batch SET state = 'empty', letters = 0, dropped_at = 1 WHERE part = 2",
		"UPDATE letter_batch SET part = 9 WHERE part = 2", "UPDATE letter_batch SET state = 'empty' WHERE part = 9",
		"UPDATE letter_batch SET state = 'gathering' WHERE part = 3",
		"UPDATE letter_batch SET part = 2, state = 'empty', letters = 0, dropped_at = 1 WHERE part = 3",
		"UPDATE letter_batch SET state = 'printing' WHERE part = 3", "UPDATE letter_batch SET part = 2, letters = 18, left_numbers = '[1]' WHERE part = 3",
	} {
		if err, drops := execute(t, s, sql), strings.Contains(sql, "dropped_at") || strings.Contains(sql, "left_numbers"); (err != nil) != drops {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if n := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM letter WHERE part = 2"); n != "19" || open.Part != 3 {
		t.Errorf("%s letters are left, %+v", n, open)
	}
}

// TestLettersTakeTheMemoryOfAPart makes a batch of six parts, and looks at what is held while it does: some kilobytes a letter, of one part.
func TestLettersTakeTheMemoryOfAPart(t *testing.T) {
	s, g, run := targetedMany(t, fileOf(t), 12_000)
	asked := askedBatch(t, g, run, 0)
	held := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc >> 10)
	}
	before, most := held(), 0
	b, err := g.WorkBatch(t.Context(), letterManager, asked.BatchKey, plainPrinter, io.Discard, func(_ registry.Batch, printed int) {
		most = max(most, held()-before)
	})
	if err != nil || b.Letters != 12_000 {
		t.Fatalf("%d letters, %v", b.Letters, err)
	}
	if most > 6<<10 {
		t.Errorf("%d kB were held", most)
	}
	next, err := s.NextRecipients(t.Context(), registry.Batch{BatchKey: asked.BatchKey}, 500)
	if err != nil || len(next) != 500 || !next[0].Written {
		t.Errorf("%d recipients, %v", len(next), err)
	}
}
