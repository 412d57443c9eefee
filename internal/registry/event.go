package registry

import (
	"strings"
	"time"
)

// Action is what was done or tried, in the access log.
type Action string

// The actions of the access log.
const (
	ActionSearchCode         Action = "search-code"
	ActionSearchNIR          Action = "search-nir"
	ActionRegister           Action = "register-patient"
	ActionRead               Action = "read-record"
	ActionReadDocument       Action = "read-document"
	ActionDeclareEligibility Action = "declare-eligibility"
	ActionRecordFirstDose    Action = "record-first-dose"
	ActionRecordSecondDose   Action = "record-second-dose"
	ActionRectifyEligibility Action = "rectify-eligibility"
	ActionRectifyFirstDose   Action = "rectify-first-dose"
	ActionRectifySecondDose  Action = "rectify-second-dose"
	ActionAnnulEligibility   Action = "annul-eligibility"
	ActionAnnulFirstDose     Action = "annul-first-dose"
	ActionAnnulSecondDose    Action = "annul-second-dose"
	ActionReadObjection      Action = "read-objection"
	ActionObject             Action = "record-objection"
	ActionWithdrawObjection  Action = "withdraw-objection"
	ActionLiftObjection      Action = "lift-objection"    // by an agreement or an injection, recorded with it
	ActionRestoreObjection   Action = "restore-objection" // by its annulment
	ActionReadOwnActs        Action = "read-own-acts"
	ActionReport             Action = "report-act"
	ActionReadReports        Action = "read-reports"
	ActionCloseReport        Action = "close-report"
	ActionReadLog            Action = "read-access-log"
	ActionResolve            Action = "resolve-patient"
	ActionDisclose           Action = "disclose-person"
	ActionImportPersons      Action = "import-persons"
	ActionEndImportPersons   Action = "end-import-persons"
	ActionImportReference    Action = "import-reference"
	ActionReadCampaigns      Action = "read-campaigns"
	ActionSaveCampaign       Action = "save-campaign"
	ActionPrepareRun         Action = "prepare-run"
	ActionApproveRun         Action = "approve-run"
	ActionDropRun            Action = "drop-run"
	ActionCarryOutRun        Action = "carry-out-run"
	ActionAskLetters         Action = "ask-letters"
	ActionPrintLetters       Action = "print-letters"
	ActionWriteLetters       Action = "write-letters" // into somebody's file, before the first
	ActionDeliverLetters     Action = "deliver-letters"
	ActionDropLetters        Action = "drop-letters"
	ActionRetireLog          Action = "retire-log"
	ActionAskPage            Action = "ask-page" // that the policy keeps from who asked
	ActionReadMatches        Action = "read-matches"
	ActionSamePerson         Action = "same-person"
	ActionTwoPersons         Action = "two-persons"

	ActionSignInPassword      Action = "sign-in-password"
	ActionSetPortalAccount    Action = "set-portal-account"
	ActionRemovePortalAccount Action = "remove-portal-account"
	ActionRotateKey           Action = "rotate-key"
	ActionRetireKey           Action = "retire-key"
)

// Outcome is how an action ended.
type Outcome string

// The outcomes of the access log.
const (
	OutcomeDone      Outcome = "done"
	OutcomeBegun     Outcome = "begun" // what may be stopped before it is done, and shows something by then
	OutcomeFound     Outcome = "found"
	OutcomeNothing   Outcome = "nothing-found"
	OutcomeRefused   Outcome = "refused"
	OutcomeMalformed Outcome = "malformed" // a code or NIR that cannot be one
	OutcomeConflict  Outcome = "conflict"
	OutcomeRepeated  Outcome = "repeated"  // the same act sent again: nothing changed
	OutcomeThrottled Outcome = "throttled" // one try too many
)

// Event is an entry of the access log (SEC-1): who, from where, what, whose, when, and the outcome. It
// holds no name, NIR or code of a patient: only the record's identifier.
type Event struct {
	At         time.Time // security time
	Role       Role
	NationalID string // of the practitioner or agent
	PlaceID    string
	PlaceName  string
	Door       Door
	Action     Action
	Record     RecordID // empty when nothing was found, and for bulk work
	Outcome    Outcome
	Version    int    // of the entry that was declared, rectified or annulled
	Count      int    // of persons, for bulk work
	Digest     string // of what bulk work covered, after the campaign or batch that it was for
	Reason     string // why an agent looked at a person, in their words or in those of the service
}

// IsZero tells whether e is no event at all; a store refuses it.
func (e Event) IsZero() bool { return e.Action == "" }

// with returns the event with another outcome.
func (e Event) with(outcome Outcome) Event {
	e.Outcome = outcome
	return e
}

// Covering returns the event with the digest of what its bulk work covered, after what it names of it.
func (e Event) Covering(sha256 string) Event {
	e.Digest = strings.TrimLeft(e.Digest+" sha256:"+sha256, " ")
	return e
}

// CoveredFor is what the digest of an event names of what its bulk work was for: a campaign, or a batch (Covering).
func CoveredFor(digest string) string {
	name, _, _ := strings.Cut(digest, " ")
	return name
}

// KeyEvent is the entry of an act on a key of identities: by whom, and on which, by its name.
func (g *Registry) KeyEvent(by Actor, action Action, key string) Event {
	e := g.event(by, action, "")
	e.Count, e.Digest = 1, key
	return e
}

func newEvent(at time.Time, by Actor, action Action, record RecordID) Event {
	return Event{
		At: at, Role: by.Role, NationalID: by.Practitioner.NationalID, PlaceID: by.Place.ID, PlaceName: by.Place.Name,
		Door: by.Door, Action: action, Record: record, Outcome: OutcomeDone,
	}
}

// actionOf is the action that does something to a step.
func actionOf(verb verb, step Step) Action { return stepActions[verb][step] }

type verb int

const (
	verbDeclare verb = iota
	verbRectify
	verbAnnul
	verbSearch
	verbRegister
	verbReviewOwn
	verbOversee
	verbCloseReport
	verbReadLog
	verbResolve
	verbDisclose
	verbPrepare
	verbApprove
	verbObject
	verbWithdraw
	verbMatch
	verbPrint
	verbBring
)

// stepActions are the actions of the verbs that do something to a step.
var stepActions = [...][3]Action{
	verbDeclare: {ActionDeclareEligibility, ActionRecordFirstDose, ActionRecordSecondDose},
	verbRectify: {ActionRectifyEligibility, ActionRectifyFirstDose, ActionRectifySecondDose},
	verbAnnul:   {ActionAnnulEligibility, ActionAnnulFirstDose, ActionAnnulSecondDose},
}

var verbNames = [...]string{
	verbDeclare: "declare", verbRectify: "rectify", verbAnnul: "annul", verbSearch: "search", verbRegister: "register",
	verbReviewOwn: "review own acts", verbOversee: "oversee", verbCloseReport: "close a report", verbReadLog: "read the access log",
	verbResolve: "resolve a pseudonym", verbDisclose: "disclose",
	verbObject: "record an objection", verbWithdraw: "withdraw an objection",
	verbPrepare: "prepare a run", verbApprove: "approve a run", verbMatch: "decide a match",
	verbPrint: "print letters", verbBring: "bring a campaign",
}

// String is the word used in the policy's errors, in tests and in docs/roles.md.
func (v verb) String() string { return verbNames[v] }
