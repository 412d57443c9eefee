package registry

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// This file is what a batch of letters is («envoi», TGT-5): persons of one run, chosen at the moment when they are written to,
// and what is kept so that the same letters can be printed again. batchwork.go makes batches, batchdelivery.go hands them over.

// BatchKind is the form in which the letters of a batch leave.
type BatchKind string

// The forms of batches.
const (
	BatchPDF BatchKind = "pdf" // to print as it is
	BatchCSV BatchKind = "csv" // for a printer who sets the letters
)

// Label is the form in words.
func (k BatchKind) Label() string {
	if k == BatchPDF {
		return "PDF à imprimer"
	}
	return "CSV de publipostage"
}

// BatchState is how far a batch is.
type BatchState string

// The states of a batch, in their order.
const (
	BatchGathering BatchState = "gathering" // whom it writes to is being chosen
	BatchPrinting  BatchState = "printing"  // they are chosen; its letters were not printed whole yet
	BatchPrinted   BatchState = "printed"
	BatchEmpty     BatchState = "empty"   // there was nobody to write to
	BatchDropped   BatchState = "dropped" // given up before it was printed: it has no letters
)

// Label is the state in words.
func (s BatchState) Label() string {
	switch s {
	case BatchGathering:
		return "Choix des destinataires"
	case BatchPrinting:
		return "Mise en page"
	case BatchPrinted:
		return "Prêt"
	case BatchDropped:
		return "Abandonné"
	}
	return "Personne à qui écrire"
}

// Over tells that nothing will happen to the batch any more. One that is not may be dropped.
func (s BatchState) Over() bool { return s != BatchGathering && s != BatchPrinting }

// Failed tells that making the batch failed the last time. It is tried again.
func (b Batch) Failed() bool { return !b.FailedAt.IsZero() && !b.State.Over() }

// MaxBatch is how many letters a batch has at most: what readers of PDF files open (ADR 30).
const MaxBatch = 100_000

// LetterTexts are parts of the letters' sentences that are settings of the service. An empty one is left out, or
// stands for what its comment says.
type LetterTexts struct {
	Phone          string // to call for an appointment, with its price: «0 800 009 110 (appel gratuit)»
	Website        string // where appointments are taken: «sante.fr»
	ObjectionUntil string // after «Vous pouvez vous opposer à ce traitement»: until the agreement when empty (TGT-6)
	Rights         string // after «Pour exercer ces droits,»: one's fund when empty
}

// LeftOut counts, by reason, those whom a batch looked at and does not write to.
type LeftOut struct {
	Deceased    int
	Objecting   int
	Vaccinated  int
	Written     int // in an earlier batch of the run
	Unaddressed int // without an address that the post could use
}

// OutCount is how many were left out for a reason.
type OutCount struct {
	Key, Label string
	Persons    int
}

// Counts are all reasons in words, with how many each keeps from being written to.
func (l LeftOut) Counts() []OutCount {
	return []OutCount{
		{"deceased", "décédées", l.Deceased},
		{"objecting", "opposées au traitement", l.Objecting},
		{"vaccinated", "déjà vaccinées", l.Vaccinated},
		{"written", "déjà destinataires d’un envoi", l.Written},
		{"unaddressed", "sans adresse utilisable", l.Unaddressed},
	}
}

// Sum is how many were left out.
func (l LeftOut) Sum() int {
	return l.Deceased + l.Objecting + l.Vaccinated + l.Written + l.Unaddressed
}

// with counts others too.
func (l LeftOut) with(more LeftOut) LeftOut {
	l.Deceased += more.Deceased
	l.Objecting += more.Objecting
	l.Vaccinated += more.Vaccinated
	l.Written += more.Written
	l.Unaddressed += more.Unaddressed
	return l
}

// BatchKey names a batch: which of its run it is, from 1.
type BatchKey struct{ Run, Part int }

// Reference is what letters and files call the batch. It begins with a letter, or a spreadsheet would take it for a month.
func (k BatchKey) Reference() string { return fmt.Sprintf("C%d-%04d", k.Run, k.Part) }

// ParseReference reads what Reference wrote.
func ParseReference(text string) (BatchKey, error) {
	run, part, ok := strings.Cut(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "C"), "-")
	run64, badRun := strconv.ParseInt(run, 10, 32)
	part64, badPart := strconv.ParseInt(part, 10, 32)
	key := BatchKey{int(run64), int(part64)}
	if !ok || badRun != nil || badPart != nil || !isDigits(run+part) || key.Run < 1 || key.Part < 1 {
		return BatchKey{}, Invalid("Donnez la référence de l’envoi telle que les lettres la portent, par exemple C12-0003.")
	}
	return key, nil
}

// Batch is letters to persons of a run, made together.
type Batch struct {
	BatchKey
	Again    int // which batch of the run it writes to anew, 0 for one to whom nobody wrote yet
	Kind     BatchKind
	State    BatchState
	Campaign string // the campaign's name and first day, as the run has them
	Opens    Date
	Date     Date // of the letters
	Texts    LetterTexts
	Layout   int    // of the letters as they were printed: another gives other bytes
	Places   string // SHA-256 of the places that its letters list, as they were chosen when it was asked for; empty for none
	AskedBy  string
	AskedAt  time.Time
	Request  string    // the form that asked for it; empty where it was none
	FailedAt time.Time // when a server failed to make it the last time; zero once it was made

	DroppedBy  string
	DroppedAt  time.Time
	DropReason DropReason

	Through int64 // the place of the last person looked at
	Ended   bool  // nobody comes after them
	Letters int
	LeftOut LeftOut

	PrintedAt  time.Time
	Digest     string // SHA-256 of the file
	Content    string // SHA-256 of what differs from letter to letter
	Size       int64
	Deliveries []Delivery // the oldest first
}

// comeFrom is the day from which its addressees may come whom its letters reach today.
func (b Batch) comeFrom(today Date) Date {
	day := today
	for _, d := range []Date{b.Date, b.Opens} {
		if d.After(day) {
			day = d
		}
	}
	return day
}

// ListsNone tells that the letters of the batch list no vaccination place.
func (b Batch) ListsNone() bool {
	return b.Places == "" && b.State != BatchEmpty && b.State != BatchDropped
}

// FileName is the name of the batch's file.
func (b Batch) FileName() string { return "lettres-" + b.Reference() + "." + string(b.Kind) }

// Delivery is one time that the letters of a batch were handed over («remise»).
type Delivery struct {
	By string // identifier of who got them
	At time.Time
}

// Recipient is someone whom a run targets, as their letter has to know them.
type Recipient struct {
	Place  int64 // where the store has them: the order of batches
	Number int   // of their letter in its batch
	Code   TargetCode
	Identity
	Contact
	Deceased, Objects, Vaccinated, Written bool

	Unfit bool // the printer has no room for what it makes of their name and address

	Near []VaccinationPlace // what their letter lists; of someone whom a batch writes to, when it is printed
}

// Bounds of what a letter shows of an address, in characters, so that it stays readable: names and street together, the
// town, and the postal code.
const (
	LetterAddressMost = 330
	LetterTownMost    = 60
	LetterCodeMost    = 20
)

// addressed tells whether the post would try, a town with its code, and whether a letter has room for it: whoever has not would
// keep the letters of all others from being printed.
func (r *Recipient) addressed() bool {
	characters := utf8.RuneCountInString
	return strings.TrimSpace(r.Locality.Name) != "" && strings.TrimSpace(r.Locality.PostalCode) != "" &&
		characters(r.Locality.Name) <= LetterTownMost && characters(r.Locality.PostalCode) <= LetterCodeMost &&
		characters(r.GivenNames+" "+r.UsedName+r.Address) <= LetterAddressMost
}

// reason is where l counts why nobody writes to someone, nil for whom a letter is written.
func (l *LeftOut) reason(r *Recipient) *int {
	switch {
	case r.Deceased:
		return &l.Deceased
	case r.Objects:
		return &l.Objecting
	case r.Vaccinated:
		return &l.Vaccinated
	case r.Written:
		return &l.Written
	case !r.addressed() || r.Unfit:
		return &l.Unaddressed
	}
	return nil
}

// BatchPart is what was decided of persons who follow one another: To is the last, Members are those to write to, in order.
type BatchPart struct {
	To      int64
	Ended   bool // nobody follows
	Members []int64
	LeftOut LeftOut
}

// DecidePart chooses to whom a batch writes of those who come next. all is false when others follow them.
func DecidePart(b Batch, next []Recipient, all bool) BatchPart {
	part := BatchPart{To: b.Through, Ended: all}
	for i := range next {
		if b.Letters+len(part.Members) == MaxBatch {
			part.Ended = false
			break
		}
		part.To = next[i].Place
		if reason := part.LeftOut.reason(&next[i]); reason != nil {
			*reason++
		} else {
			part.Members = append(part.Members, next[i].Place)
		}
	}
	return part
}

// With is the batch with a part more.
func (b Batch) With(p BatchPart) Batch {
	b.Through, b.Ended, b.Letters, b.LeftOut = p.To, p.Ended, b.Letters+len(p.Members), b.LeftOut.with(p.LeftOut)
	switch {
	case b.Letters == MaxBatch || b.Ended && b.Letters > 0:
		b.State = BatchPrinting
	case b.Ended:
		b.State = BatchEmpty
	}
	return b
}

// Without is the batch without letters to some whom it was to write to, counted by why.
func (b Batch) Without(out LeftOut) Batch {
	b.Letters, b.LeftOut = b.Letters-out.Sum(), b.LeftOut.with(out)
	if b.Letters == 0 {
		b.State = BatchEmpty
	}
	return b
}

// DropReason is why the service gave a batch up by itself; there is none where a person did.
type DropReason string

// The reasons of the service: what became so between the choice of whom to write to and the printing.
const (
	DropObjecting DropReason = "objecting" // somebody of it objects; others may have died
	DropDeceased  DropReason = "deceased"  // somebody of it died
	DropClosed    DropReason = "closed"    // a place that its letters list receives nobody any more
)

var dropLabels = map[DropReason]string{
	DropObjecting: "au moins un destinataire s’est opposé au traitement de ses données après avoir été choisi",
	DropDeceased:  "au moins un destinataire est décédé après avoir été choisi",
	DropClosed:    "au moins un lieu de vaccination indiqué dans ses lettres n’accueille plus le public",
}

// Label is the reason in words, as the end of a sentence; nothing where there is none.
func (r DropReason) Label() string { return labelOf(dropLabels, r) }

// BatchDrop is how a batch is given up: by whom, when, from where it began to look, and why if the service did by itself.
type BatchDrop struct {
	By     string
	At     time.Time
	From   int64
	Reason DropReason
}

// GivenUp is the batch once it is dropped: as if it had looked at nobody, so that the next one begins where it began.
func (b Batch) GivenUp(d BatchDrop) Batch {
	b.State, b.DroppedBy, b.DroppedAt, b.DropReason = BatchDropped, d.By, d.At, d.Reason
	b.Through, b.Ended, b.Letters, b.LeftOut = d.From, false, 0, LeftOut{}
	return b
}

// following is from where the next batch of a run looks: after the latest, or from the beginning when that one came to the
// end, for whoever can be written to since.
func following(all []Batch) int64 {
	from := int64(0)
	for _, b := range all {
		if b.Again == 0 {
			if from = b.Through; b.Ended {
				from = 0
			}
		}
	}
	return from
}

// contentOf adds what one letter says of its person to the digest of a batch.
func contentOf(to hash.Hash, r *Recipient) {
	for _, text := range [...]string{
		strconv.Itoa(r.Number), r.Code.Compact(), r.GivenNames, r.UsedName, r.Address, r.Locality.PostalCode, r.Locality.Name,
	} {
		_, _ = io.WriteString(to, strconv.Itoa(len(text))+":"+text) // a hash takes everything
	}
}

// BatchPrinter lays letters out; package document has the one there is.
type BatchPrinter struct {
	Texts   LetterTexts                 // all but ObjectionUntil, which is told by the limit of the day
	Until   func(objection Step) string // until which step one may object, as letters say it; nil where they do not
	Layout  int
	Earlier []int // layouts of before that it prints as they were, which a batch of them asks for
	Places  int   // the first layout whose letters list places
	// Fits tells whether a letter of that kind has room for someone's name and address, laid out; nil where all have for all.
	Fits  func(kind BatchKind, r *Recipient) bool
	Print func(w io.Writer, b Batch, letters iter.Seq2[Recipient, error]) error
}

// look marks those whose letter could not be printed, and would keep those of all others from it.
func (p BatchPrinter) look(kind BatchKind, next []Recipient) {
	for i := range next {
		next[i].Unfit = p.Fits != nil && !p.Fits(kind, &next[i])
	}
}

// Lists tells whether letters of a layout list places. Those of one that does not are the same whatever becomes of places.
func (p BatchPrinter) Lists(layout int) bool { return layout >= p.Places }

// prints tells whether it prints letters of a layout as they were.
func (p BatchPrinter) prints(layout int) bool {
	return layout == p.Layout || slices.Contains(p.Earlier, layout)
}

// What a store answers about batches.
var (
	// ErrNoBatch: there is no such batch.
	ErrNoBatch = errors.New("no such batch of letters")
	// ErrBatchClaimed: someone else is at work on the batch.
	ErrBatchClaimed = errors.New("someone else is at work on the batch")
	// ErrNoPlaces: no places that letters list are kept under that digest.
	ErrNoPlaces = errors.New("the places that a batch of letters lists are not kept")
)

// LetterStore keeps batches of letters. Who is in a batch is kept by number of record; names and addresses are not kept a
// second time.
type LetterStore interface {
	// OpenBatch keeps a batch to gather, with its event and, unless they are kept already, with the places that its letters list:
	// a text of which b.Places is the digest, empty with it. It returns ErrNoRun for a run that is not done, and ErrOvertaken when
	// the batch is not the next of its run, or another of the run is not over, or the same person asked for one of the run by the same Request. An empty
	// Request is none. To two batches that are not Again, no person of a run
	// belongs.
	OpenBatch(ctx context.Context, b Batch, places string, event Event) error

	// ListedPlaces returns the text that was kept under a digest, or ErrNoPlaces.
	ListedPlaces(ctx context.Context, digest string) (string, error)

	// PlacesOfType returns all vaccination places of a type, by identifier.
	PlacesOfType(ctx context.Context, placeType string) ([]VaccinationPlace, error)

	// LocalityPoints returns where localities are, of those of which it is known, by postal code and folded name.
	LocalityPoints(ctx context.Context) ([]LocalityPoint, error)

	// Batches returns the batches of a run, in their order.
	Batches(ctx context.Context, run int) ([]Batch, error)

	// Batch returns a batch, or ErrNoBatch.
	Batch(ctx context.Context, key BatchKey) (Batch, error)

	// OpenBatches returns the batches of all runs that are not over, the first asked for first.
	OpenBatches(ctx context.Context) ([]Batch, error)

	// ClaimBatch says until when someone works on a batch that is not over. It returns ErrBatchClaimed when another's claim has not ended
	// at that moment.
	ClaimBatch(ctx context.Context, key BatchKey, now, until time.Time) error

	// BatchFailed says that making a batch failed at a moment. One that is over is ErrNoBatch.
	BatchFailed(ctx context.Context, key BatchKey, at time.Time) error

	// NextRecipients returns those whom the batch's run targeted, or those of the batch that it writes to anew, who come after Through, in the order of
	// their places, at most limit. It writes no event: whom the batch writes to is for its printing, which is logged.
	NextRecipients(ctx context.Context, b Batch, limit int) ([]Recipient, error)

	// Gather adds a part to a batch: its members in one go with how far it is, or neither. It returns ErrOvertaken when the batch
	// is no longer as given.
	Gather(ctx context.Context, b Batch, part BatchPart) error

	// Letters returns the recipients of a batch as they are now, whose letters have a number above after, in the order of
	// numbers, at most limit; without those whose record is gone. It writes no event: FinishBatch and Deliver do.
	Letters(ctx context.Context, key BatchKey, after, limit int) ([]Recipient, error)

	// NotToSend counts those of a batch to whom nothing is to be sent now, for they object, or else died. It tells of nobody, and writes no event.
	NotToSend(ctx context.Context, key BatchKey) (LeftOut, error)

	// LeaveOut takes letters, by their number, out of a batch that is chosen and not printed, in one go with the counts of why: whom they were for
	// may be in another batch. It returns ErrOvertaken when the batch is no longer as given.
	LeaveOut(ctx context.Context, b Batch, numbers []int, out LeftOut) error

	// FinishBatch keeps of a batch that is chosen when and in which layout it was printed, its digests and its size, with the event. It returns
	// ErrOvertaken for any other, and when its Letters are no longer those given.
	FinishBatch(ctx context.Context, b Batch, event Event) error

	// DropBatch gives up a batch that is not over, with the event: it has no letters any more, and whom it wrote to may be in another.
	// It returns ErrOvertaken when the batch is over, or its State or Letters are no longer those given.
	DropBatch(ctx context.Context, b Batch, d BatchDrop, event Event) error

	// Deliver keeps that a printed batch was handed over, with the event, or returns ErrNoBatch.
	Deliver(ctx context.Context, key BatchKey, d Delivery, event Event) error
}

// SentLetter is a letter of a batch to one person, as it is told to them. What it says is their name, address and code, and
// what all letters of the batch say.
type SentLetter struct {
	Reference  string // of the batch
	Number     int    // of the letter
	Campaign   string
	AskedBy    string
	AskedAt    time.Time
	PrintedAt  time.Time // zero where it was not printed yet
	Deliveries []Delivery
}
