package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says what sort of refusal an Error is; web turns it into an HTTP status in one place.
type Kind int

const (
	// KindInvalid is input that cannot be accepted: the person corrects it.
	KindInvalid Kind = iota + 1
	// KindUnconfirmed is unusual input: the person confirms or corrects it.
	KindUnconfirmed
	// KindNotFound is something that does not exist.
	KindNotFound
	// KindNotAllowed is an act that this actor may not do, or not any more.
	KindNotAllowed
	// KindConflict is an act that someone else's act has overtaken.
	KindConflict
	// KindThrottled is one try too many: the person waits.
	KindThrottled
)

// Error is a refusal made by the domain. Its message is a French sentence for the person in
// front of the screen, says what to do, and holds no personal data.
type Error struct {
	Kind      Kind
	Message   string
	Fields    []FieldError  // beside their fields
	Questions []Question    // for KindUnconfirmed
	Wait      time.Duration // for KindThrottled: how long
	List      List          // the one that the message names, if it does
	Unnamed   bool          // the message is about a field and does not name it, as whoever reads a text does not know which it is of
}

// List is a list that a refusal sends someone back to, by the words that name it. A page makes a link of them; where the list is, package
// web knows.
type List string

// The lists that refusals name.
const (
	CampaignList List = "la liste des campagnes"
	RunList      List = "la liste des ciblages"
	FollowUpList List = "suivi de tous les ciblages"
	BatchList    List = "envois de ce ciblage"
	MatchList    List = "la liste des rapprochements"
	ReportList   List = "la liste des signalements"
	OwnActList   List = "la liste de vos actes récents"
	LogList      List = "journal des accès"
)

// Naming is a refusal that names a list where its message has «%s».
func (e *Error) Naming(l List) *Error {
	named := *e
	named.Message, named.List = fmt.Sprintf(e.Message, l), l
	return &named
}

// FieldError ties a sentence to a field of a request by the field's name.
type FieldError struct {
	Field   string
	Message string
	Unnamed bool // the sentence does not name the field: where it stands apart from it, the field's label comes before
}

// Question asks the person to confirm something unusual. Code is what comes back in a
// request's Confirmed list: one of the Question constants and the value asked about («interval:10»), so
// that an answer never holds for another value. Field is the field it is about.
type Question struct {
	Code    string
	Field   string
	Message string
}

// Error returns the message and those of the fields.
func (e *Error) Error() string {
	parts := []string{}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+f.Message)
	}
	for _, q := range e.Questions {
		parts = append(parts, q.Field+"? "+q.Message)
	}
	return strings.Join(parts, " ")
}

// Invalid returns a refusal of input with its sentence.
func Invalid(message string) *Error { return &Error{Kind: KindInvalid, Message: message} }

// unnamed returns a refusal of a text, by what does not know of which field it is.
func unnamed(message string) *Error {
	return &Error{Kind: KindInvalid, Message: message, Unnamed: true}
}

// NotAllowed returns a refusal of an act with its sentence.
func NotAllowed(message string) *Error { return &Error{Kind: KindNotAllowed, Message: message} }

// NotFound returns the absence of something with its sentence.
func NotFound(message string) *Error { return &Error{Kind: KindNotFound, Message: message} }

// Conflict returns the refusal of an act that was overtaken, with its sentence.
func Conflict(message string) *Error { return &Error{Kind: KindConflict, Message: message} }

// KindOf returns the kind of a domain refusal, or 0 for any other error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// together joins two refusals of one form, so that a person sees all that is to be corrected. A refusal
// of the act itself comes alone, and a question waits until nothing is refused.
func together(policy, input error) error {
	var p, i *Error
	switch {
	case policy == nil:
		return input
	case KindOf(policy) != KindInvalid || KindOf(input) != KindInvalid:
		return policy
	}
	errors.As(policy, &p)
	errors.As(input, &i)
	return &Error{Kind: KindInvalid, Message: i.Message, Fields: slices.Concat(p.Fields, i.Fields)}
}

// form gathers the refusals and questions of one request, so that a person sees all at once.
type form struct {
	fields    []FieldError
	questions []Question
	confirmed []string
	answered  []Confirmation
}

func (f *form) refuse(field, message string) {
	f.fields = append(f.fields, FieldError{Field: field, Message: message})
}

// check records err's sentence beside the field, if there is one.
func (f *form) check(field string, err error) {
	if err == nil {
		return
	}
	var e *Error
	if errors.As(err, &e) {
		f.fields = append(f.fields, FieldError{field, e.Message, e.Unnamed})
		return
	}
	f.refuse(field, err.Error())
}

// ask records a question about a value, or its answer when the request already holds it: what is
// unusual is stated, then asked to be confirmed. Only the statement is kept with the answer.
func (f *form) ask(question, about, field, statement, request string) {
	code := question + ":" + about
	for _, c := range f.confirmed {
		if c == code {
			f.answered = append(f.answered, Confirmation{code, statement})
			return
		}
	}
	f.questions = append(f.questions, Question{code, field, statement + " " + request})
}

// refusal returns the refused fields, or nil when there are none.
func (f *form) refusal() *Error {
	if len(f.fields) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Message: "Certains champs sont à corriger.", Fields: f.fields}
}

// add takes over what another form gathered, after its own.
func (f *form) add(other form) {
	f.fields = append(f.fields, other.fields...)
	f.questions = append(f.questions, other.questions...)
	f.answered = append(f.answered, other.answered...)
}

// err returns what stands in the way: refusals first, and questions only when nothing is refused.
func (f *form) err() error {
	if refused := f.refusal(); refused != nil {
		return refused
	}
	if len(f.questions) > 0 {
		return &Error{
			Kind: KindUnconfirmed, Message: "Cette saisie est inhabituelle. Confirmez-la ou corrigez-la.",
			Questions: f.questions,
		}
	}
	return nil
}
