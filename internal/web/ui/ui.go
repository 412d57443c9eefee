// Package ui is the service's own small set of page components: typed values in, accessible French
// HTML out. It knows no route, no session and no rule; pages are in package web.
package ui

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/a-h/templ"
)

// Page is what surrounds every page's own content.
type Page struct {
	Title   string // of the document; « Erreur » is put before it when there are errors
	Session *Session
	Patient *Patient
	Steps   []StepTab
	Form    Form // its errors head the page
	Notice  string
	Noticed Link // makes a link of words of the notice; without address, of none
	Assets  func(name string) string
	Service string // address of the service, on a page that another listener serves; its links lead there
}

func (p Page) documentTitle() string {
	title := p.Title + " – Vaccin COVID"
	if p.Form.HasErrors() {
		return "Erreur – " + title
	}
	return title
}

// Session is who is signed in, and where.
type Session struct {
	Person         string
	Agent          bool   // and no practitioner
	Role           string // of an agent; a practitioner's goes without saying
	Place          string
	Home           string // where their work begins
	CanChangePlace bool
	Links          []Link // to the pages of the person's role
	CanChangeRole  bool
}

// home is where the service's name leads.
func (s *Session) home() string {
	if s == nil {
		return "/"
	}
	return s.Home
}

// reserved says for whom the pages are that someone sees; signed out, for whom the service is.
func (s *Session) reserved() string {
	switch {
	case s == nil:
		return "Téléservice réservé aux professionnels de santé et aux agents habilités."
	case s.Agent:
		return "Pages réservées aux agents habilités."
	}
	return "Téléservice réservé aux professionnels de santé habilités."
}

// identifier is the number of a batch of letters, C1-0001, or the name of its file: their parts mean nothing apart.
var identifier = regexp.MustCompile(`[a-z-]*\bC[0-9]+-[0-9]{4,}(\.[a-z]+)?`)

// Text is a text in which no line ends within an identifier.
func Text(text string) templ.Component {
	if !mayIdentify(text) {
		return templ.Raw(templ.EscapeString(text))
	}
	return templ.Raw(identifier.ReplaceAllString(templ.EscapeString(text), `<span class="app-figures">$0</span>`))
}

// mayIdentify tells quickly that there is no identifier in most texts: each row of a summary is one, and the pattern takes longer than the rest of it.
func mayIdentify(text string) bool {
	for i := range len(text) - 1 {
		if text[i] == 'C' && text[i+1] >= '0' && text[i+1] <= '9' {
			return true
		}
	}
	return false
}

// Link is an address of ours with its words.
type Link struct{ Address, Label string }

// Patient is the banner of whose record this is, on every page of it.
type Patient struct {
	Name      string
	BirthDate string
	Sex       string
	Code      string // formatted; empty when there is none
}

// StepTab is one of the tabs of a record.
type StepTab struct {
	Label   string
	State   string // in words
	Address string // empty when the step cannot be opened
	Current bool
	Done    bool
}

func (t StepTab) class() string {
	switch {
	case t.Current:
		return "app-steps__step app-steps__step--current"
	case t.Done:
		return "app-steps__step app-steps__step--done"
	case t.Address == "":
		return "app-steps__step app-steps__step--unavailable"
	}
	return "app-steps__step"
}

// Form is what was typed in a form, and what is to be said about it.
type Form struct {
	Values    url.Values
	Message   string // heads the page when something is wrong
	Errors    []FieldError
	Questions []Question
}

// FieldError stands beside a field and in the list at the top, where the field's label comes before a message that does not name it.
type FieldError struct {
	Field, Message string
	Label          string // of the field, where the message does not name it
}

// listed is what the list at the top says.
func (e FieldError) listed() string {
	if e.Label == "" {
		return e.Message
	}
	return e.Label + "\u00a0: " + e.Message
}

// Question asks to confirm something unusual, beside its field.
type Question struct{ Code, Field, Message string }

// HasErrors tells whether anything is to be corrected or confirmed.
func (f Form) HasErrors() bool { return f.Message != "" || len(f.Errors)+len(f.Questions) > 0 }

// Value is what was typed in a field. What is no text (broken UTF-8, control characters) is shown as a
// mark in its place, which is refused in its turn.
func (f Form) Value(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(f.Values.Get(name), "\uFFFD"))
}

// answered are the confirmations that the form already carries and that no question asks for again.
func (f Form) answered() []string {
	codes := []string{}
	for _, code := range f.Values[Confirmed] {
		asked := slices.ContainsFunc(f.Questions, func(q Question) bool { return q.Code == code })
		if !asked && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// Confirmed is the field of the boxes that confirm something unusual.
const Confirmed = "confirmed"

// Error is the sentence beside a field.
func (f Form) Error(name string) string {
	for _, e := range f.Errors {
		if e.Field == name {
			return e.Message
		}
	}
	return ""
}

// errorsOf are the sentences beside a field that may have several.
func (f Form) errorsOf(name string) (all []string) {
	for _, e := range f.Errors {
		if e.Field == name {
			all = append(all, e.Message)
		}
	}
	return all
}

// describedFile lists the elements that describe a field that takes a file.
func (f Form) describedFile(name string) string {
	if len(f.errorsOf(name)) > 1 {
		return name + "-hint " + name + "-errors"
	}
	return f.described(name, name)
}

func (f Form) questions(name string) []Question {
	found := []Question{}
	for _, q := range f.Questions {
		if q.Field == name {
			found = append(found, q)
		}
	}
	return found
}

func (f Form) groupClass(name string) string {
	if f.Error(name) != "" {
		return "govuk-form-group govuk-form-group--error"
	}
	return "govuk-form-group"
}

// described lists the elements that describe a field: its hint and its error.
func (f Form) described(name, hint string) string {
	ids := []string{}
	if hint != "" {
		ids = append(ids, name+"-hint")
	}
	if f.Error(name) != "" {
		ids = append(ids, name+"-error")
	}
	for range f.questions(name)[:min(1, len(f.questions(name)))] {
		ids = append(ids, name+"-question")
	}
	return strings.Join(ids, " ")
}

// Input is a text field.
type Input struct {
	Name         string
	Label        string
	Hint         string
	Width        string // one of the govuk width classes; full width when empty
	InputMode    string
	Autocomplete string
	MaxLength    string
	Suggest      *Suggest
	Optional     bool
	Typed        bool   // takes what is typed, or scanned, while nothing else of the page has the focus
	Kind         string // «code» for figures and codes, «date» for a date; a plain text when empty
}

func (i Input) label() string {
	if i.Optional {
		return i.Label + " (facultatif)"
	}
	return i.Label
}

func (f Form) inputClass(i Input) string {
	class := "govuk-input"
	if i.Width != "" {
		class += " govuk-input--" + i.Width
	}
	if i.Kind != "" {
		class += " app-input--" + i.Kind
	}
	if f.Error(i.Name) != "" {
		class += " govuk-input--error"
	}
	return class
}

// Suggest makes a text field offer suggestions from an address, from the second character.
type Suggest struct {
	Address string
	With    string // names of the other fields that the address needs
	Free    bool   // what is typed is accepted even when it is not suggested
}

// Choice is one answer of radios, or one line of a list.
type Choice struct {
	Value string
	Label string
	Hint  string
}

// Radios is a question with one answer among a few.
type Radios struct {
	Name    string
	Legend  string
	Hint    string
	Inline  bool
	Choices []Choice
	Large   bool // the legend is the page's heading
}

func (r Radios) class() string {
	if r.Inline {
		return "govuk-radios govuk-radios--inline"
	}
	return "govuk-radios"
}

// id gives the first answer the field's own name, so that the error list leads there.
func (r Radios) id(index int) string {
	if index == 0 {
		return r.Name
	}
	return r.Name + "-" + strconv.Itoa(index+1)
}

// TickList is a list of boxes of one field.
type TickList struct {
	Name    string
	Legend  string
	Choices []Choice
}

// id gives the first box the field's own name, so that the error list leads there.
func (t TickList) id(index int) string { return Radios{Name: t.Name}.id(index) }

// Ticked tells whether a box of a TickList is ticked.
func (f Form) Ticked(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Select is a list from which one line is chosen.
type Select struct {
	Name    string
	Label   string
	Hint    string
	None    string // what it says where nothing is chosen; «Choisissez» unless it is said
	Choices []Choice
}

// none is the line for nothing.
func (s Select) none() string { return cmp.Or(s.None, "Choisissez") }

// Row is a line of a summary: a label and its value.
type Row struct{ Key, Label, Value string }

func initial(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

func (q Question) id() string { return "confirm-" + q.Field + "-" + idPart(q.Code) }

// idPart keeps of a text what may stand in an element's id.
func idPart(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, text)
}

func choiceID(name string, index int) string { return name + "-choice-" + strconv.Itoa(index+1) }

func (f Form) summaryTitle() string {
	if f.Message != "" {
		return f.Message
	}
	return "Certains champs sont à corriger."
}
