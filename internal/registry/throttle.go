package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// This file says how fast someone may try (SRC-5): who guesses codes or NIRs gets slower, then is blocked,
// then is reported. Two leaky buckets stand behind it: every try adds to the pace, which drains within the
// hour, and every try that fails adds to the misses, which drain within the day. The one stops who hurries, the
// other who is patient.

// Level is how full a leaky bucket was at a moment.
type Level struct {
	Full int
	At   time.Time // security time
}

// after is the level at a later moment, with something added. What is left of a step of draining goes on.
func (l Level) after(now time.Time, drain time.Duration, adds int) Level {
	if steps := now.Sub(l.At) / drain; l.Full > 0 && steps < time.Duration(l.Full) {
		if steps > 0 {
			l.Full, l.At = l.Full-int(steps), l.At.Add(steps*drain)
		}
		l.Full += adds
		return l
	}
	return Level{adds, now}
}

// Throttle is what is remembered of someone's tries at a door. The zero value is someone who never tried.
type Throttle struct {
	Pace    Level
	Misses  Level
	Until   time.Time // blocked until then, or was
	Blocks  int       // how many times blocked in a row, each longer than the one before
	Version int64     // of what is kept: 0 before anything is
}

// Limits are how many tries someone has. The zero value sets none, for who plays many practitioners at once.
type Limits struct {
	Found     int           // what a try that succeeds adds to the pace
	Nothing   int           // what a try that fails adds to the pace
	Unknown   int           // the same for a NIR that nobody has: such people exist, and are entered by hand
	Drain     time.Duration // how long the pace takes to fall by one
	SlowFrom  int           // from that pace on, tries wait
	BlockAt   int           // at that pace, no more tries
	MissDrain time.Duration // how long the misses take to fall by one
	MissesAt  int           // at that many misses, no more tries
	Block     time.Duration // how long the first time; twice as long each time after
	Forgotten time.Duration // after that long without a block, the next is a first one again
	Pause     time.Duration // the longest wait of a try that is not refused
}

// SearchLimits are those of searches. Whoever finds four patients a minute, all day, never waits, nor does who
// mistypes now and then, nor who enters by hand, all day, one patient in five minutes whom nobody knows; fifteen
// wrong codes in a row begin to wait, and the thirtieth blocks; of NIRs, twice as many.
var SearchLimits = Limits{
	Found: 1, Nothing: 8, Unknown: 4, Drain: 15 * time.Second, SlowFrom: 120, BlockAt: 240,
	MissDrain: 10 * time.Minute, MissesAt: 100,
	Block: 15 * time.Minute, Forgotten: 24 * time.Hour, Pause: 3 * time.Second,
}

// PasswordLimits are those of passwords of one login: five wrong ones in a row begin to wait, and the tenth
// blocks, as does the thirtieth of a day.
var PasswordLimits = Limits{
	Nothing: 1, Drain: 5 * time.Minute, SlowFrom: 5, BlockAt: 10, MissDrain: time.Hour, MissesAt: 30,
	Block: 15 * time.Minute, Forgotten: 24 * time.Hour, Pause: 3 * time.Second,
}

// Wait is how long a try has to wait before it is answered: nothing at first, then the longer the higher the
// pace.
func (l Limits) Wait(t Throttle, now time.Time) time.Duration {
	over := t.Pace.after(now, l.Drain, 0).Full - l.SlowFrom
	if over < 0 {
		return 0
	}
	return l.Pause * time.Duration(over+1) / time.Duration(max(1, l.BlockAt-l.SlowFrom))
}

// Blocked is how long someone still has to wait before the next try; nothing for who is not blocked.
func (t Throttle) Blocked(now time.Time) time.Duration { return max(0, t.Until.Sub(now)) }

// After is what is remembered once a try has added to the pace, and perhaps to the misses. blocked tells that
// this very try led to a block, after which the bucket that was full is half so: what follows is watched from
// there.
func (l Limits) After(t Throttle, now time.Time, adds, misses int) (next Throttle, blocked bool) {
	next = t
	next.Pace = t.Pace.after(now, l.Drain, adds)
	next.Misses = t.Misses.after(now, l.MissDrain, misses)
	hurried, patient := next.Pace.Full >= l.BlockAt, next.Misses.Full >= l.MissesAt
	if !hurried && !patient {
		return next, false
	}
	if now.Sub(t.Until) > l.Forgotten {
		next.Blocks = 0
	}
	next.Until = now.Add(l.Block << min(next.Blocks, 10))
	next.Blocks++
	if hurried {
		next.Pace = Level{l.SlowFrom, next.Until}
	}
	if patient {
		next.Misses = Level{l.MissesAt / 2, next.Until}
	}
	return next, true
}

// Toll is what a search costs who makes it, decided before it is known what it finds: the store writes the
// one charge or the other with the search's own entry in the access log. The zero value costs nothing.
type Toll struct {
	Key            string // whose throttle
	From           int64  // its version when it was read
	Found, Nothing Charge
}

// Charge is what becomes of a throttle, with the report of the try that led to a block.
type Charge struct {
	Throttle Throttle
	Report   *Report
}

// Charge is the charge of a try with that outcome.
func (t Toll) Charge(outcome Outcome) Charge {
	if outcome == OutcomeFound || outcome == OutcomeDone {
		return t.Found
	}
	return t.Nothing
}

// throttleKey names the throttle of someone at a door, so that a thief at one does not shut another to its
// owner.
func throttleKey(by Actor) string {
	return "search:" + string(by.Door) + ":" + by.Practitioner.NationalID
}

// Toll decides what a try costs, which adds so much to the pace if it finds nothing, with the report to make
// if it leads to a block.
func (l Limits) Toll(key string, t Throttle, now time.Time, nothing int, report Report) Toll {
	charge := func(adds, misses int) Charge {
		next, blocked := l.After(t, now, adds, misses)
		if !blocked {
			return Charge{Throttle: next}
		}
		return Charge{next, &report}
	}
	return Toll{Key: key, From: t.Version, Found: charge(l.Found, 0), Nothing: charge(nothing, 1)}
}

// searching makes a search at the pace that the actor's throttle leaves. try is given its toll, which it tells to
// be paid by its outcome, and is made again when another search of the same account came first; nothing is what
// it weighs if it finds nothing.
//
// What a search leaves of a throttle is remembered for the next one of the same account, which so reads it with
// the records it looks for: if it was touched elsewhere in the meantime, the toll cannot be paid. A block is never
// believed without reading it, for it may have been lifted.
func (g *Registry) searching(
	ctx context.Context, by Actor, event Event, may func(Case) error, nothing int, try func(Toll) (paid Outcome, err error),
) error {
	if err := g.allowed(ctx, by, event, may); err != nil {
		return err
	}
	if g.Limits == (Limits{}) {
		_, err := try(Toll{})
		return err
	}
	key := throttleKey(by)
	for range attempts {
		now := g.Security()
		t, known := g.throttles.take(key)
		if !known || t.Blocked(now) > 0 {
			var err error
			if t, err = g.Store.Throttle(ctx, key); err != nil {
				return fmt.Errorf("reading a throttle: %w", err)
			}
		}
		if wait := t.Blocked(now); wait > 0 {
			return g.refuse(ctx, event, searchThrottled(wait))
		}
		if err := g.Pause(ctx, g.Limits.Wait(t, now)); err != nil {
			return err
		}
		report := Report{
			ID: g.newReportID(), Kind: ReportGuessing, At: now, About: by.Practitioner, Role: by.Role, Door: by.Door,
			PlaceID: by.Place.ID, PlaceName: by.Place.Name,
		}
		toll := g.Limits.Toll(key, t, now, nothing, report)
		paid, err := try(toll)
		if errors.Is(err, ErrOvertaken) {
			continue
		}
		if paid != "" {
			g.throttles.keep(toll, paid)
		}
		return err
	}
	return g.refuse(ctx, event, errTogether)
}

// throttles are those that the last searches left, by their key. The zero value is ready.
type throttles struct {
	mu   sync.Mutex
	left map[string]Throttle
}

// throttlesLeft is how many are remembered; the next one begins anew.
const throttlesLeft = 10_000

// take returns what is remembered of a throttle and forgets it: whoever uses it moves it on.
func (r *throttles) take(key string) (Throttle, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, known := r.left[key]
	delete(r.left, key)
	return t, known
}

// keep remembers what a toll that was paid leaves.
func (r *throttles) keep(toll Toll, paid Outcome) {
	t := toll.Charge(paid).Throttle
	t.Version = toll.From + 1
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left == nil || len(r.left) >= throttlesLeft {
		r.left = map[string]Throttle{}
	}
	r.left[toll.Key] = t
}

// pause waits, or until the request ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// searchThrottled is the refusal of a search to someone who is blocked.
func searchThrottled(wait time.Duration) *Error {
	return &Error{
		Kind: KindThrottled, Wait: wait,
		Message: "Trop de recherches, ou trop de recherches sans résultat, ont été faites avec votre compte. Par sécurité, les recherches " +
			"sont suspendues\u00a0: réessayez dans " + FrenchWait(wait) + ". Si vous n’êtes pas à l’origine de ces recherches, contactez l’assistance.",
	}
}

// errTogether refuses searches of one account that keep overtaking each other.
var errTogether = &Error{
	Kind: KindThrottled, Wait: time.Second,
	Message: "Plusieurs recherches sont faites en même temps avec votre compte. Attendez leur résultat, puis recommencez.",
}

// FrenchWait says a wait in whole minutes, or hours and minutes, never shorter than it is.
func FrenchWait(d time.Duration) string {
	minutes := int((d + time.Minute - 1) / time.Minute)
	switch {
	case minutes <= 1:
		return "1\u00a0minute"
	case minutes < 60:
		return fmt.Sprintf("%d\u00a0minutes", minutes)
	case minutes%60 == 0:
		return fmt.Sprintf("%d\u00a0h", minutes/60)
	}
	return fmt.Sprintf("%d\u00a0h\u00a0%02d", minutes/60, minutes%60)
}

// PurgeThrottles forgets tries that no longer weigh on anybody.
func (g *Registry) PurgeThrottles(ctx context.Context) error {
	return g.Store.PurgeThrottles(ctx, g.Security().Add(-throttlesKept))
}

// throttlesKept is longer than any limit remembers.
const throttlesKept = 48 * time.Hour
