package accesslog

import "time"

// Kind is what is wrong.
type Kind string

// What can be wrong with a log. The fields of Finding that each fills are in brackets.
const (
	EntryChanged   Kind = "entry-changed"   // the row does not have the hash of its leaf [Position, Num]
	EntriesSwapped Kind = "entries-swapped" // two rows stand in each other's place [Position, Num, OtherPosition, OtherNum]
	EntryMissing   Kind = "entry-missing"   // a leaf has no row, and no retirement took it [Position, Num]
	EntryInserted  Kind = "entry-inserted"  // a row has no leaf though numbering went past it [Num, At]
	EntryLate      Kind = "entry-late"      // its moment lies well before the head before its leaf [Position, Num, At, Head]
	EntryWaiting   Kind = "entry-waiting"   // it waits for its number for longer than it may [Num, At]
	LeafMissing    Kind = "leaf-missing"    // there is no leaf at some positions [Position, Until]
	LeafDouble     Kind = "leaf-double"     // a second row or leaf at a position [Position, Num]
	LeafOrder      Kind = "leaf-order"      // the leaf's row was written before that of the leaf before [Position, Num]
	LeafMoment     Kind = "leaf-moment"     // the leaf has another moment than its row [Position, Num]
	LeafUnplaced   Kind = "leaf-unplaced"   // some leaves no longer tell of which rows they are [Position, Until]
	NodeUnfit      Kind = "node-unfit"      // a kept hash does not cover these leaves [Position, Until]

	HeadUnfit     Kind = "head-unfit"     // the first head that does not fit: what was changed is among these leaves [Position, Until, Head]
	HeadSignature Kind = "head-signature" // a head without a valid signature [Head, Sent]
	HeadMissing   Kind = "head-missing"   // some heads are not there [Head, UntilHead, Sent]
	HeadDouble    Kind = "head-double"    // two heads of one number, or one after a later one [Head, Sent]
	HeadDiffers   Kind = "head-differs"   // the head kept is not the one that was sent [Head]
	HeadOrder     Kind = "head-order"     // a head covers less, or is older, than the one before [Head, Sent]
	LogShort      Kind = "log-short"      // a signed head covers more leaves than there are; those from Position on are in doubt [Position, Until, Head]

	RetirementUnfit    Kind = "retirement-unfit"    // what is gone is not what was retired [Number, Position, Until]
	RetirementUnlogged Kind = "retirement-unlogged" // no entry of the log tells of a retirement [Number]
)

// Kinds are all of them.
var Kinds = []Kind{
	EntryChanged, EntriesSwapped, EntryMissing, EntryInserted, EntryLate, EntryWaiting, LeafMissing, LeafDouble,
	LeafOrder, LeafMoment, LeafUnplaced, NodeUnfit, HeadUnfit, HeadSignature, HeadMissing, HeadDouble, HeadDiffers, HeadOrder,
	LogShort, RetirementUnfit, RetirementUnlogged,
}

// Finding is something wrong, and where. Positions count from 0; Until is the first position after, or
// UntilHead the first head after.
type Finding struct {
	Kind          Kind
	Position      int64
	Until         int64
	Num           int64
	OtherPosition int64
	OtherNum      int64
	At            time.Time
	Head          int64
	UntilHead     int64
	Sent          bool // it is about the heads that were sent off, not those kept with the log
	Number        int  // of the retirement, from 1
}

// Summary is what was verified.
type Summary struct {
	Leaves   int64
	Retired  int64 // leaves whose entries were retired: their hashes alone were verified
	Waiting  int64 // entries that wait for their number
	Heads    int64 // signed heads that fit
	Sent     int64 // of them, those that came from where heads are sent
	NotSent  int64 // heads kept with the log that are not, or not yet, where heads are sent
	Last     Head  // the last head that fits; zero when there is none
	Beyond   int64 // leaves that no head which fits covers
	Findings int64

	// BeyondSince is the oldest moment of those beyond, NotSentSince that of the heads not sent; zero for none.
	BeyondSince, NotSentSince time.Time
	// Judged is the moment by which is told what is late: see Rules.
	Judged time.Time
}

// Unsigned tells whether the log goes on beyond its last head for longer than heads take to come.
func (s Summary) Unsigned(early time.Duration) bool {
	return s.Heads > 0 && !s.BeyondSince.IsZero() && s.BeyondSince.Before(s.Judged.Add(-early))
}

// Unsent tells whether heads have been kept without being sent for longer than that takes.
func (s Summary) Unsent(early time.Duration) bool {
	return !s.NotSentSince.IsZero() && s.NotSentSince.Before(s.Judged.Add(-early))
}
