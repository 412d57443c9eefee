package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// LogTree makes tampering with the access log show.
type LogTree interface {
	// NumberEntries gives each entry that is final its leaf in the tree, as by, and returns how many. While
	// another numbers, it does nothing, but for nobody, an empty by. However many call it and write meanwhile, every entry gets one leaf,
	// positions have no gap, and a leaf never changes.
	NumberEntries(ctx context.Context, by string, now time.Time) (int, error)
	// WaitingSince returns the moment of the first entry without a leaf, zero when there is none.
	WaitingSince(ctx context.Context) (time.Time, error)

	// SignHead signs and keeps a head when the one before is as old as pace. Heads are numbered from 1
	// without a gap, however many sign. It does not sign a tree that does not begin with what open finds in
	// the head before.
	SignHead(ctx context.Context, pace time.Duration, now time.Time, sign func(accesslog.Head) ([]byte, error),
		open func([]byte) (accesslog.Head, error)) (signed bool, err error)
	// Heads returns the signed heads after a number, in order, at most limit.
	Heads(ctx context.Context, after int64, limit int) ([][]byte, error)
	// Posted returns the number of the last head that was sent to an address; SetPosted never takes it back.
	Posted(ctx context.Context, address string) (int64, error)
	SetPosted(ctx context.Context, address string, number int64) error

	// LogSource returns the log to verify, and the number of its leaves.
	LogSource(ctx context.Context) (log accesslog.Source, size int64, err error)
	// ProveEntry proves that the last head covers the entry of a number.
	ProveEntry(ctx context.Context, num int64) (accesslog.Proof, error)

	// RetirableEntries returns what retiring the entries before a moment takes; RetireEntries does it, with its event, or
	// returns registry.ErrOvertaken when the log is no longer like that.
	RetirableEntries(ctx context.Context, before time.Time) (r accesslog.Retirement, number int, err error)
	RetireEntries(ctx context.Context, r accesslog.Retirement, number int, event registry.Event) error
}

var logTreeTests = group{
	"every entry gets one leaf while many write": leavesAmidWriters,
	"a leaf has every field of its entry":        leavesAreWhole,
	"one numbers while another waits":            numberingIsHeld,
	"entries wait until they are numbered":       entriesWait,
	"heads are signed at a pace":                 headsAtPace,
	"heads are signed once by many":              headsByMany,
	"a log that was signed otherwise is refused": headsAfterAFork,
	"how far heads were sent is remembered":      headsPosted,
	"an entry is proven":                         entryProven,
	"old entries are retired with their event":   entriesRetired,
	"a retirement that was overtaken is none":    retirementOvertaken,
}

// auditor signs and verifies.
type auditor struct {
	signer *accesslog.Signer
	trust  accesslog.Verifiers
}

func (e *env) auditor() auditor {
	e.Helper()
	signer, verifier, err := accesslog.NewKey("test")
	e.ok(err)
	var a auditor
	a.signer, err = accesslog.NewSigner(signer)
	e.ok(err)
	a.trust, err = accesslog.NewVerifiers(verifier)
	e.ok(err)
	return a
}

// passes lets time pass.
func (e *env) passes(d time.Duration) { e.clock.Set(e.clock.Now().Add(d)) }

func (e *env) signs(a auditor, pace time.Duration) bool {
	e.Helper()
	signed, err := e.store.SignHead(e.ctx, pace, e.clock.Now(), a.signer.Sign, a.trust.Open)
	e.ok(err)
	return signed
}

func (e *env) numbers(want int) {
	e.Helper()
	numbered := 0
	// An entry waits for a later turn while an older transaction is under way on the server, and one that sweeps tables has such by itself.
	for deadline := time.Now().Add(patience); ; time.Sleep(patience / 1000) {
		n, err := e.store.NumberEntries(e.ctx, "one", e.clock.Now())
		e.ok(err)
		if numbered += n; numbered >= want || time.Now().After(deadline) {
			break
		}
	}
	e.equal("how many were numbered", numbered, want)
}

// patience is how long what comes by itself is waited for.
const patience = 10 * time.Second

// logsOf writes n events, a second apart.
func (e *env) logsOf(n int) {
	e.Helper()
	for i := range n {
		event := e.event(registry.ActionRead)
		event.Version = i
		event.At = e.clock.Now()
		e.ok(e.store.Log(e.ctx, event))
		e.passes(time.Second)
	}
}

// verified verifies the log and expects to find nothing wrong.
func (e *env) verified(a auditor) accesslog.Summary {
	e.Helper()
	log, size, err := e.store.LogSource(e.ctx)
	e.ok(err)
	rules := accesslog.Rules{Verifiers: a.trust, Now: e.clock.Now(), Early: time.Hour, Lag: time.Hour}
	summary, err := accesslog.Verify(e.ctx, log, rules, func(f accesslog.Finding) { e.Errorf("found %+v", f) })
	e.ok(err)
	e.equal("leaves", summary.Leaves, size)
	return summary
}

func (e *env) leaves() (all []accesslog.Leaf) {
	e.Helper()
	log, _, err := e.store.LogSource(e.ctx)
	e.ok(err)
	for leaf, err := range log.Leaves {
		e.ok(err)
		all = append(all, leaf)
	}
	return all
}

func leavesAmidWriters(e *env) {
	const writers, each = 8, 60
	var writing, numbering sync.WaitGroup
	done := make(chan struct{})
	failures := make(chan error, 100)
	fail := func(err error) {
		if err != nil {
			select {
			case failures <- err:
			default:
			}
		}
	}
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				event := e.event(registry.ActionRead)
				event.PlaceName, event.Version = fmt.Sprintf("writer %d", w), i
				fail(e.store.Log(e.ctx, event))
			}
		})
	}
	for n := range 3 {
		numbering.Go(func() {
			for {
				// All under one name, so that none is held off and they meet.
				_, err := e.store.NumberEntries(e.ctx, "one", e.clock.Now())
				fail(err)
				select {
				case <-done:
					return
				case <-time.After(time.Duration(n) * time.Millisecond):
				}
			}
		})
	}
	midway := e.leaves()
	for len(midway) == 0 {
		midway = e.leaves()
	}
	writing.Wait()
	close(done)
	numbering.Wait()
	_, err := e.store.NumberEntries(e.ctx, "one", e.clock.Now())
	fail(err)
	close(failures)
	for err := range failures {
		e.Error(err)
	}
	e.equal("leaves", e.verified(e.auditor()).Leaves, int64(writers*each+1)) // and the import of reference data
	all, seen := e.leaves(), map[int64]bool{}
	for i, leaf := range all {
		if leaf.Entry == nil || seen[leaf.Num] || leaf.Position != int64(i) {
			e.Fatalf("leaf %d is %+v", i, leaf)
		}
		seen[leaf.Num] = true
	}
	e.equal("the leaves that were there before", all[:len(midway)], midway)
}

func leavesAreWhole(e *env) {
	var event registry.Event
	fill(&event)
	e.ok(e.store.Log(e.ctx, event))
	e.numbers(2)
	got := *e.leaves()[1].Entry
	// Fields go by the same names, so that one that is added to events and not hashed shows.
	told, hashed := reflect.ValueOf(event), reflect.ValueOf(got)
	e.equal("how many fields are hashed", hashed.NumField(), told.NumField()+1) // and the number
	for i := range told.NumField() {
		name := told.Type().Field(i).Name
		e.equal(name, fmt.Sprint(hashed.FieldByName(name)), fmt.Sprint(told.Field(i)))
	}
	e.equal("what is hashed of it", e.leaves()[1].Hash, got.Hash())
}

func numberingIsHeld(e *env) {
	e.numbers(1)
	e.logsOf(1)
	n, err := e.store.NumberEntries(e.ctx, "two", e.clock.Now())
	e.ok(err)
	e.equal("numbered by another", n, 0)
	n, err = e.store.NumberEntries(e.ctx, "", e.clock.Now())
	e.ok(err)
	e.equal("numbered by nobody", n, 1)
	e.logsOf(1)
	e.passes(time.Minute)
	n, err = e.store.NumberEntries(e.ctx, "two", e.clock.Now())
	e.ok(err)
	e.equal("numbered by another later", n, 1)
}

func entriesWait(e *env) {
	e.numbers(1)
	since, err := e.store.WaitingSince(e.ctx)
	e.ok(err)
	e.equal("waiting", since, time.Time{})
	at := e.clock.Now()
	e.logsOf(3)
	since, err = e.store.WaitingSince(e.ctx)
	e.ok(err)
	e.equal("waiting since", since, at.UTC())
	e.equal("waiting entries", e.verified(e.auditor()).Waiting, int64(3))
	e.numbers(3)
	e.numbers(0)
}

func headsAtPace(e *env) {
	a := e.auditor()
	e.equal("the first", e.signs(a, time.Minute), true)
	e.equal("at once", e.signs(a, time.Minute), false)
	e.logsOf(300)
	e.numbers(301)
	e.equal("later", e.signs(a, time.Minute), true)
	e.passes(time.Minute)
	e.equal("with nothing new", e.signs(a, time.Minute), true)
	e.equal("heads that fit", e.verified(a).Heads, int64(3))
	heads, err := e.store.Heads(e.ctx, 1, 1)
	e.ok(err)
	e.equal("heads after the first, one", len(heads), 1)
	head, err := a.trust.Open(heads[0])
	e.ok(err)
	e.equal("the second", []int64{head.Number, head.Size}, []int64{2, 301})
}

func headsByMany(e *env) {
	a := e.auditor()
	e.numbers(1)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := e.store.SignHead(e.ctx, time.Minute, e.clock.Now(), a.signer.Sign, a.trust.Open); err != nil {
				e.Error(err)
			}
		})
	}
	group.Wait()
	heads, err := e.store.Heads(e.ctx, 0, 10)
	e.ok(err)
	e.equal("heads", len(heads), 1)
}

func headsAfterAFork(e *env) {
	a := e.auditor()
	e.logsOf(300)
	e.numbers(301)
	e.signs(a, 0)
	e.logsOf(1)
	e.numbers(1)
	for name, forged := range map[string]accesslog.Head{
		"another root": {Number: 1, Size: 301, At: e.clock.Now()},
		"a longer log": {Number: 1, Size: 303, At: e.clock.Now()},
	} {
		// What was signed is not what the store holds, as if the store had been changed.
		open := func([]byte) (accesslog.Head, error) { return forged, nil }
		if signed, err := e.store.SignHead(e.ctx, 0, e.clock.Now(), a.signer.Sign, open); err == nil || signed {
			e.Errorf("%s: a head was signed: %v", name, err)
		}
	}
	e.equal("a head of what follows", e.signs(a, 0), true)
	// A new key starts afresh: it can open nothing of the old.
	e.passes(time.Second)
	e.equal("a head by a new key", e.signs(e.auditor(), 0), true)
}

func headsPosted(e *env) {
	posted := func(address string, want int64) {
		e.Helper()
		n, err := e.store.Posted(e.ctx, address)
		e.ok(err)
		e.equal("sent", n, want)
	}
	posted("a", 0)
	e.ok(e.store.SetPosted(e.ctx, "a", 3))
	e.ok(e.store.SetPosted(e.ctx, "b", 1))
	e.ok(e.store.SetPosted(e.ctx, "a", 2))
	posted("a", 3)
	posted("b", 1)
}

func entryProven(e *env) {
	a := e.auditor()
	e.logsOf(600)
	e.numbers(601)
	num := e.leaves()[400].Num
	_, err := e.store.ProveEntry(e.ctx, num)
	e.fails(err) // no head covers it
	e.signs(a, 0)
	proof, err := e.store.ProveEntry(e.ctx, num)
	e.ok(err)
	entry, head, err := proof.Check(a.trust)
	e.ok(err)
	e.equal("the entry", entry, *e.leaves()[400].Entry)
	e.equal("the head's size", head.Size, int64(601))
	_, err = e.store.ProveEntry(e.ctx, num+100_000)
	e.fails(err)
}

func entriesRetired(e *env) {
	a := e.auditor()
	e.clock.Set(registrytest.NewClock().Now().AddDate(-5, 0, 0))
	e.logsOf(300)
	e.clock.Set(registrytest.NewClock().Now().AddDate(-4, 0, 0))
	e.logsOf(20)
	e.clock.Set(registrytest.NewClock().Now())
	e.numbers(321)
	e.signs(a, 0)
	for i, before := range []time.Time{
		registrytest.NewClock().Now().AddDate(-4, -6, 0), registrytest.NewClock().Now().AddDate(-3, -6, 0),
	} {
		r, number, err := e.store.RetirableEntries(e.ctx, before)
		e.ok(err)
		e.equal("what would go", []int64{r.Count, int64(number)}, []int64{[]int64{300, 20}[i], int64(i + 1)})
		e.equal("leaves, after a look", e.verified(a).Retired, []int64{0, 300}[i])
		event := e.event(registry.Action(accesslog.ActionRetire))
		event.Count, event.Digest = int(r.Count), r.Digest()
		e.ok(e.store.RetireEntries(e.ctx, r, number, event))
		e.numbers(1)
		e.passes(time.Second)
		e.signs(a, 0)
		e.equal("leaves without entry", e.verified(a).Retired, []int64{300, 320}[i])
	}
	e.equal("events that remain", len(e.events()), 2)
	// The latest entries may be those that go; their numbers are not given again.
	seen := map[int64]bool{}
	for _, leaf := range e.leaves() {
		if seen[leaf.Num] {
			e.Errorf("number %d was given twice", leaf.Num)
		}
		seen[leaf.Num] = true
	}
}

func retirementOvertaken(e *env) {
	e.clock.Set(registrytest.NewClock().Now().AddDate(-5, 0, 0))
	e.logsOf(3)
	before := e.clock.Now()
	if _, _, err := e.store.RetirableEntries(e.ctx, before); err == nil {
		e.Error("entries without a leaf may be retired")
	}
	e.numbers(4)
	r, number, err := e.store.RetirableEntries(e.ctx, before)
	e.ok(err)
	event := e.event(registry.Action(accesslog.ActionRetire))
	late := e.event(registry.ActionRead)
	late.At = before.Add(-time.Second)
	e.ok(e.store.Log(e.ctx, late))
	e.fails(e.store.RetireEntries(e.ctx, r, number, event), registry.ErrOvertaken)
	e.equal("events", len(e.events()), 4)
	if _, _, err := e.store.RetirableEntries(e.ctx, before); err == nil || errors.Is(err, registry.ErrOvertaken) {
		e.Errorf("an entry without a leaf may be retired: %v", err)
	}
}
