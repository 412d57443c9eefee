package registry

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vaccin/internal/nir"
)

// This file is what the data-protection officer does: read the access log, in which patients are pseudonyms;
// learn, for a reason, whom one stands for; and answer a person who asks for their data. Each is an entry of
// the log it reads (SEC-1, SEC-3).

// Pseudonym stands for a patient where the access log is shown. The same record has the same one as long as the
// key is the same; without the key nobody can tell whose it is, not even who knows the record's identifier.
type Pseudonym string

// pseudonymSize is how many bytes of the digest are kept: among a hundred million records two of the same
// pseudonym are not to be expected, and sixteen letters can still be compared by eye.
const pseudonymSize = 10

// errNoPseudonymKey keeps the log shut where the wiring forgot the key.
var errNoPseudonymKey = errors.New("registry: there is no key of pseudonyms")

func (g *Registry) pseudonym(id RecordID) Pseudonym {
	if id == "" {
		return ""
	}
	mac := hmac.New(sha256.New, g.PseudonymKey)
	mac.Write([]byte(id))
	letters := base32.StdEncoding.EncodeToString(mac.Sum(nil)[:pseudonymSize])
	groups := []string{"P"}
	for group := range slices.Chunk([]byte(letters), 4) {
		groups = append(groups, string(group))
	}
	return Pseudonym(strings.Join(groups, "-"))
}

// ShownEntry is an entry of the access log as it is shown: its Record is empty, and Patient stands for it.
type ShownEntry struct {
	LogEntry
	Patient Pseudonym
}

// Who is the identifier of who did it, as a LogRequest takes it.
func (e ShownEntry) Who() string {
	if e.Role == RoleSystem {
		return OperatorPrefix + e.NationalID
	}
	return e.NationalID
}

func (g *Registry) shown(entries []LogEntry) []ShownEntry {
	all := make([]ShownEntry, len(entries))
	for i, e := range entries {
		all[i] = ShownEntry{LogEntry: e, Patient: g.pseudonym(e.Record)}
		all[i].Record = ""
	}
	return all
}

// LogRequest says which entries of the log are asked for, as typed; what is empty asks for all.
type LogRequest struct {
	Professional string // RPPS or ADELI number, or the identifier of an agent or an operator
	Place        string // identifier of the place of practice
	Action       Action
	From, Until  string // the first day and the last
	Record       RecordID
}

// Field names of a LogRequest and of the search of a person, for errors.
const (
	FieldProfessional = "professional"
	FieldLogPlace     = "log_place"
	FieldLogAction    = "log_action"
	FieldFrom         = "from"
	FieldUntil        = "until"
	FieldPerson       = "person"
	FieldRequested    = "requested"
)

// LogPeriodDays is how many days the log is read for at a time by a place or an action, unless a practitioner or a patient is
// named too. No index leads to those, for each would weigh on every dose and every search: their entries are
// those of the period, looked at one by one.
const LogPeriodDays = 31

// DecideLogQuery checks which entries are asked for. Days are those of Paris.
func DecideLogQuery(req LogRequest) (EventQuery, error) {
	f := form{}
	q := EventQuery{Record: req.Record}
	q.NationalID = decideActor(&f, req.Professional)
	var err error
	q.PlaceID, err = cleanText(req.Place, 120)
	f.check(FieldLogPlace, err)
	if q.Action = req.Action; q.Action != "" && actionLabels[q.Action] == "" {
		f.refuse(FieldLogAction, "Choisissez une action de la liste.")
	}
	from := decideLogDay(&f, FieldFrom, req.From)
	until := decideLogDay(&f, FieldUntil, req.Until)
	if !from.IsZero() && !until.IsZero() && until.Before(from) {
		f.refuse(FieldUntil, "Le dernier jour précède le premier. Vérifiez la période.")
	}
	if (q.PlaceID != "" || q.Action != "") && q.NationalID == "" && q.Record == "" && f.refusal() == nil {
		decideLogPeriod(&f, q, from, until)
	}
	if !from.IsZero() {
		q.From = startOf(from)
	}
	if !until.IsZero() {
		q.Until = startOf(until.AddDays(1))
	}
	return q, f.err()
}

// decideLogPeriod checks the period of a search that no index leads to.
func decideLogPeriod(f *form, q EventQuery, from, until Date) {
	of := "un lieu d’exercice"
	if q.PlaceID == "" {
		of = "une action"
	}
	switch {
	case from.IsZero():
		f.refuse(FieldFrom, "Pour "+of+", saisissez aussi la période, ou un professionnel.")
	case until.IsZero():
		f.refuse(FieldUntil, "Pour "+of+", saisissez aussi le dernier jour de la période, ou un professionnel.")
	case until.DaysSince(from) >= LogPeriodDays:
		f.refuse(FieldUntil, "Pour "+of+" sans professionnel ni patient, la période est de 31\u00a0jours au plus. Rapprochez les deux dates.")
	}
}

// decideActor reads a number as it is printed on a card, or an identifier as the log shows it.
func decideActor(f *form, text string) string {
	text, err := cleanText(text, 200)
	if f.check(FieldProfessional, err); err != nil {
		return ""
	}
	if account, ok := strings.CutPrefix(text, OperatorPrefix); ok && account != "" {
		return account
	}
	digits := onlyDigits(text)
	switch {
	case text == "" || strings.HasPrefix(text, AgentPrefix):
		return text
	case isDigits(digits) && len(digits) == 11:
		return "8" + digits
	case isDigits(digits) && len(digits) == 9:
		return "0" + digits
	case isDigits(digits) && (len(digits) == 12 && digits[0] == '8' || len(digits) == 10 && digits[0] == '0'):
		return digits
	}
	f.refuse(FieldProfessional, "Saisissez un numéro RPPS (11\u00a0chiffres) ou ADELI (9\u00a0chiffres), ou l’identifiant d’un agent ou d’un exploitant tel que le journal le montre.")
	return ""
}

func decideLogDay(f *form, field, text string) Date {
	if strings.TrimSpace(text) == "" {
		return Date{}
	}
	day, err := ParseDate(text)
	f.check(field, err)
	return day
}

// startOf is the moment when a day begins in Paris.
func startOf(d Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, ZoneOf("")) }

// ReadLog lists entries of the access log, the latest first, those after an entry if one is named.
func (g *Registry) ReadLog(ctx context.Context, by Actor, req LogRequest, before EntryRef, limit int) ([]ShownEntry, error) {
	query, err := DecideLogQuery(req)
	if err != nil {
		return nil, err
	}
	query.Before, query.Limit = before, limit
	entries, err := g.readLog(ctx, by, query)
	return g.shown(entries), err
}

// readLog reads entries with their records, which never leave this package but for those of the officer's acts.
func (g *Registry) readLog(ctx context.Context, by Actor, query EventQuery) ([]LogEntry, error) {
	event := g.event(by, ActionReadLog, query.Record)
	if err := g.allowed(ctx, by, event, MayReadLog); err != nil {
		return nil, err
	}
	if len(g.PseudonymKey) == 0 {
		return nil, errNoPseudonymKey
	}
	return g.Store.Entries(ctx, query, event)
}

func (g *Registry) logEntry(ctx context.Context, by Actor, ref EntryRef) (LogEntry, error) {
	if ref.IsZero() {
		return LogEntry{}, errNoLogEntry
	}
	entries, err := g.readLog(ctx, by, EventQuery{Only: ref, Limit: 1})
	if err != nil {
		return LogEntry{}, err
	}
	if len(entries) == 0 {
		return LogEntry{}, errNoLogEntry
	}
	return entries[0], nil
}

var (
	errNoLogEntry = NotFound("Cette entrée du journal n’existe pas. Revenez au %s.").Naming(LogList)
	errNoPatient  = NotFound("Cette entrée du journal ne concerne aucun patient. Revenez au %s.").Naming(LogList)
)

// LogEntry returns one entry of the access log.
func (g *Registry) LogEntry(ctx context.Context, by Actor, ref EntryRef) (ShownEntry, error) {
	entry, err := g.logEntry(ctx, by, ref)
	if err != nil {
		return ShownEntry{}, err
	}
	return g.shown([]LogEntry{entry})[0], nil
}

// RecordOf returns the record of an entry, to ask for the others about it. It is not shown to anybody.
func (g *Registry) RecordOf(ctx context.Context, by Actor, ref EntryRef) (RecordID, error) {
	entry, err := g.logEntry(ctx, by, ref)
	if err == nil && entry.Record == "" {
		err = errNoPatient
	}
	return entry.Record, err
}

// PseudonymOf is how the log shows a record.
func (g *Registry) PseudonymOf(id RecordID) (Pseudonym, error) {
	if len(g.PseudonymKey) == 0 {
		return "", errNoPseudonymKey
	}
	return g.pseudonym(id), nil
}

// Resolve tells for a reason whom an entry of the log is about.
func (g *Registry) Resolve(ctx context.Context, by Actor, ref EntryRef, reason string) (Patient, error) {
	event := g.event(by, ActionResolve, "")
	err := g.allowed(ctx, by, event, func(c Case) error {
		c.Reason = reason
		return MayResolve(c)
	})
	if err != nil {
		return Patient{}, err
	}
	if event.Reason, err = cleanText(reason, reasonLimit); err != nil {
		return Patient{}, err
	}
	if event.Record, err = g.RecordOf(ctx, by, ref); err != nil {
		return Patient{}, err
	}
	record, err := g.Store.Read(ctx, event.Record, event.with(OutcomeFound))
	if errors.Is(err, ErrNoRecord) {
		return Patient{}, errNoSuchRecord
	}
	return record.Patient, err
}

// ReasonRequested is the reason of whoever answers a person who asks for their data.
const ReasonRequested = "Demande de la personne"

// FindPerson finds those whose NIR or code is the one typed, to answer a request of one of them. It is a
// search like others: who guesses with an officer's account gets slower too.
func (g *Registry) FindPerson(ctx context.Context, by Actor, typed string, requested bool) ([]Record, error) {
	f := form{}
	if strings.TrimSpace(typed) == "" {
		f.refuse(FieldPerson, "Saisissez le numéro de sécurité sociale ou le code de ciblage de la personne.")
	}
	if !requested {
		f.refuse(FieldRequested, "Confirmez que la personne a demandé l’accès à ses données et que son identité est vérifiée.")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	found, err := g.findPerson(ctx, by, typed, MayDisclose, ReasonRequested)
	return found, besideThePerson(err)
}

// besideThePerson puts what is wrong with a number or a code beside the field that it was typed in.
func besideThePerson(err error) error {
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Kind != KindInvalid || len(refusal.Fields) > 0 {
		return err
	}
	f := form{}
	f.check(FieldPerson, err)
	return f.err()
}

// findPerson finds those of a NIR or a code for an agent, whom may lets, with the reason that the log is told.
func (g *Registry) findPerson(ctx context.Context, by Actor, typed string, may func(Case) error, reason string) ([]Record, error) {
	event := g.event(by, ActionSearchNIR, "")
	event.Reason = reason
	if LooksLikeCode(typed) {
		event.Action = ActionSearchCode
		record, err := g.searchByCode(ctx, by, event, may, typed)
		if err != nil {
			return nil, err
		}
		return []Record{record}, nil
	}
	number, err := nir.Parse(typed)
	var wrong *nir.Error
	if errors.As(err, &wrong) {
		message := wrong.Message()
		if n := partOfCode(typed); n > 0 {
			message = fmt.Sprintf("Un code de ciblage a 11\u00a0caractères et votre saisie en a %d. Vérifiez le code, ou saisissez le numéro de sécurité sociale avec sa clé.", n)
		}
		return nil, g.malformedNIR(ctx, by, event, may, Invalid(message))
	}
	if err != nil {
		return nil, err
	}
	found, err := g.searchByNIR(ctx, by, event, may, number)
	if err == nil && len(found) == 0 {
		err = NotFound("Aucune personne n’est rattachée à ce numéro. Vérifiez-le\u00a0; s’il est exact, le téléservice ne détient rien sur elle.")
	}
	return found, err
}

// Holdings is all that is held on a person.
type Holdings struct {
	Record      Record
	Insured     Insured      // what the referential tells beside
	Reports     []Report     // on acts in the record
	Log         []LogEntry   // every access, the oldest first
	Runs        []PersonRun  // that gave the code, the oldest first
	Letters     []SentLetter // the oldest first
	FormerCodes []FormerCode // the oldest first
}

// PersonRun is a run that gave a person their code, as it is told to them: whom it concerned, which is why they have one, and who
// answers for it.
type PersonRun struct {
	Number     int
	Campaign   string
	Phase      string
	Concerned  string // the sentence of its criteria, as who approved it read them
	PreparedBy string
	PreparedAt time.Time
	ApprovedBy string
	ApprovedAt time.Time
	EndedAt    time.Time // when its codes came into force
}

// Holdings returns all that is held on a person who asks for it.
func (g *Registry) Holdings(ctx context.Context, by Actor, id RecordID) (Holdings, error) {
	event := g.event(by, ActionDisclose, id)
	event.Reason = ReasonRequested
	if err := g.allowed(ctx, by, event, MayDisclose); err != nil {
		return Holdings{}, err
	}
	held, err := g.Store.Holdings(ctx, id, event.with(OutcomeFound))
	if errors.Is(err, ErrNoRecord) {
		return Holdings{}, errNoSuchRecord
	}
	return held, err
}

// People are the professionals and agents whose names stand in what is held, by their identifier: the log
// itself knows no names.
func (h Holdings) People() map[string]Practitioner {
	people := map[string]Practitioner{}
	add := func(p Practitioner) {
		if p.NationalID != "" && p.FamilyName != "" {
			people[p.NationalID] = p
		}
	}
	signers(h.Record.Eligibilities, add)
	signers(h.Record.FirstDoses, add)
	signers(h.Record.SecondDoses, add)
	for _, o := range h.Record.Objections {
		add(o.Made.Signed.Practitioner)
		if o.Withdrawn != nil {
			add(o.Withdrawn.Signed.Practitioner)
		}
	}
	for _, r := range h.Reports {
		add(r.About)
	}
	return people
}

func signers[T any](entries []Entry[T], add func(Practitioner)) {
	for _, e := range entries {
		for _, v := range e.Versions {
			add(v.Signed.Practitioner)
		}
		if e.Annulment != nil {
			add(e.Annulment.Signed.Practitioner)
		}
	}
}
