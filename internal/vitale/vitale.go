// Package vitale reads the carte Vitale: the free part, which holds for each beneficiary a name, given
// names, a birth date and a NIR. It holds the layout of the card and the dialogue with it; package pcsc
// reaches a real card, package local answers the page. It stores nothing, logs nothing, and repairs
// nothing: a birth date that no calendar has is given as it stands.
//
// What only the library of the GIE Sesam-Vitale can read (birth rank, rights) is not read.
package vitale

import "log/slog"

// Source is where beneficiaries are read from: the reader of this computer, or something that reads more.
type Source interface {
	// Read returns everyone on the one carte Vitale that is there now, at least one, in the card's order. When
	// it cannot, its error is or wraps a [Problem]. It keeps nothing of the card. What reads cards cannot be
	// interrupted, so nothing here can: who waits decides how long. One reading goes on at a time.
	Read() ([]Beneficiary, error)
}

// Beneficiary is one person on a card, as the card writes it.
type Beneficiary struct {
	FamilyName string // the card does not say whether of birth or of use
	GivenNames string
	BirthDate  string // AAAAMMJJ, perhaps of no calendar («19421901»): a text, never a date
	NIR        string // as the card has it, 15 characters on a sound card
	NIRProblem string // a French sentence that says why NIR is no NIR; empty when it is one
}

// String returns a fixed text: a person on a card never prints itself.
func (b Beneficiary) String() string { return "a beneficiary" }

// GoString returns what [Beneficiary.String] does, for the verb %#v.
func (b Beneficiary) GoString() string { return b.String() }

// LogValue returns what [Beneficiary.String] does, for package slog.
func (b Beneficiary) LogValue() slog.Value { return slog.StringValue(b.String()) }

// Problem is why a card cannot be read. Its text is the code by which the page knows it; it never tells
// what is on the card.
type Problem string

// The problems.
const (
	NoService    Problem = "no-service" // the computer's PC/SC service does not answer
	NoReader     Problem = "no-reader"
	NoCard       Problem = "no-card"
	Unresponsive Problem = "unresponsive" // a card that does not answer: upside down, or broken
	NotVitale    Problem = "not-vitale"
	Unreadable   Problem = "unreadable" // the card refuses what it should give
	Malformed    Problem = "malformed"  // what it gives is not laid out as a carte Vitale
	Removed      Problem = "removed"    // pulled out while it was read
	Busy         Problem = "busy"       // another program, or another reading, has the card
	TooSlow      Problem = "too-slow"
)

var messages = map[Problem]string{
	NoService:    "Le service des cartes à puce de cet ordinateur ne répond pas. Vérifiez qu’il est démarré, puis recommencez.",
	NoReader:     "Aucun lecteur de carte n’est branché sur cet ordinateur. Branchez-le, puis recommencez.",
	NoCard:       "Aucune carte dans le lecteur. Insérez la carte Vitale, puis recommencez.",
	Unresponsive: "La carte ne répond pas. Vérifiez qu’elle est dans le bon sens, puce vers le lecteur, puis recommencez.",
	NotVitale:    "La carte insérée n’est pas une carte Vitale. Insérez celle du patient, puis recommencez.",
	Unreadable:   "Cette carte Vitale n’a pas pu être lue. Retirez-la, remettez-la, puis recommencez.",
	Malformed:    "Le contenu de cette carte Vitale est illisible ou incomplet : rien n’en a été repris.",
	Removed:      "La carte a été retirée pendant la lecture : rien n’en a été repris. Remettez-la, puis recommencez.",
	Busy:         "La carte est utilisée par un autre logiciel ou une autre lecture. Attendez la fin, puis recommencez.",
	TooSlow:      "Le lecteur ne répond pas. Débranchez-le, rebranchez-le, puis recommencez.",
}

// Error returns the problem's code.
func (p Problem) Error() string { return string(p) }

// Message returns a French sentence for the person at the reader, which says what to do.
func (p Problem) Message() string { return messages[p] }
