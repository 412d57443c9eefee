package web

import (
	"net/http"
	"strconv"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Rapprochements»: pairs of records that an import of the population left in doubt. Someone of the assistance looks at
// both and says whether they are of one person.

const matchesAddress = "/rapprochements"

type matchesView struct {
	page    ui.Page
	matches []matchView
	more    bool // there may be others
}

// What the columns of the list say.
const (
	reasonOfDoubt = "Motif du doute"
	inDoubtSince  = "Depuis"
)

// matchView is a match of the list, which tells of no patient.
type matchView struct{ number, address, reason, when string }

func matchAddress(m registry.DoubtfulMatch) string {
	return matchesAddress + "/" + string(m.Record) + "-" + string(m.Other)
}

func (s *Server) matches(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	all, err := s.Registry.DoubtfulMatches(r.Context(), by)
	if err != nil {
		return err
	}
	view := matchesView{page: s.page(r, "Rapprochements douteux"), more: len(all) == registry.MatchesShown}
	for i, m := range all {
		view.matches = append(view.matches, matchView{strconv.Itoa(i + 1), matchAddress(m), m.Reason.Label(), registry.FrenchMoment(m.At, "")})
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, matchesPage(view))
}

type matchPageView struct {
	page         ui.Page
	form         ui.Form
	radio        ui.Radios
	address      string
	reason, when string
	rows         []matchRow
}

// matchRow is a fact of both records.
type matchRow struct {
	label, file, other string
	same               bool
}

// What the columns of the two records say.
const (
	ofFile   = "Dossier du référentiel"
	ofOther  = "Autre dossier"
	compared = "Comparaison"

	differs = "Différent"
)

// comparison tells facts that both records have, and not alike, from others: what one of them does not tell speaks neither for one person
// nor for two.
func (m matchRow) comparison() string {
	switch {
	case m.file == "" && m.other == "":
		return "Non renseigné des deux côtés"
	case m.file == "" || m.other == "":
		return "Non renseigné d’un côté"
	case m.same:
		return "Identique"
	}
	return differs
}

// pairOf are the two records of an address.
func pairOf(r *http.Request) (record, other registry.RecordID) {
	first, second, _ := strings.Cut(r.PathValue("match"), "-")
	return registry.RecordID(first), registry.RecordID(second)
}

func (s *Server) match(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	return s.showMatch(w, r, by, http.StatusOK, ui.Form{Values: values}, kept)
}

func (s *Server) showMatch(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, form ui.Form, kept bool) error {
	record, other := pairOf(r)
	m, pair, err := s.Registry.ReadMatch(r.Context(), by, record, other)
	if err != nil {
		return err
	}
	view := matchPageView{
		page: s.page(r, "Une personne ou deux\u00a0?"), form: form, address: matchAddress(m), reason: m.Reason.Label(), when: registry.FrenchMoment(m.At, ""),
		rows: matchRows(pair[0], pair[1]),
		radio: ui.Radios{
			Name: registry.FieldMatch, Legend: "Votre décision", Hint: "Elle ne peut pas être annulée.",
			Choices: []ui.Choice{
				{Value: string(registry.MatchSame), Label: "C’est la même personne", Hint: "Il reste un seul dossier, avec l’identité du référentiel et les saisies déjà faites."},
				{Value: string(registry.MatchTwo), Label: "Ce sont deux personnes", Hint: "Les deux dossiers restent comme ils sont, et ce rapprochement n’est plus proposé."},
			},
		},
	}
	view.page.Form = form
	if kept {
		view.page.Notice = keptNotice
	}
	return s.render(w, r, status, matchPage(view))
}

// matchRows are the facts of both records, side by side.
func matchRows(file, other registry.Record) []matchRow {
	a, b := file.Patient, other.Patient
	rows := []matchRow{}
	text := func(label, ofFile, ofOther string, same bool) {
		rows = append(rows, matchRow{label, ofFile, ofOther, same})
	}
	plain := func(label, ofFile, ofOther string) {
		text(label, ofFile, ofOther, registry.Fold(ofFile) == registry.Fold(ofOther))
	}
	plain("Nom de naissance", strings.ToUpper(a.BirthName), strings.ToUpper(b.BirthName))
	plain("Nom d’usage", strings.ToUpper(a.UsedName), strings.ToUpper(b.UsedName))
	plain("Prénoms", a.GivenNames, b.GivenNames)
	plain("Sexe", a.Sex.Label(), b.Sex.Label())
	plain("Date de naissance", a.BirthDate.French(), b.BirthDate.French())
	plain("Date de décès", file.Died.French(), other.Died.French())
	plain("Rang de naissance", strconv.Itoa(a.BirthRank), strconv.Itoa(b.BirthRank))
	text("NIR de l’ouvrant droit", a.Holder.Masked(), b.Holder.Masked(), a.Holder == b.Holder)
	text("NIR personnel", a.Own.Masked(), b.Own.Masked(), a.Own == b.Own)
	plain("Adresse", a.Address, b.Address)
	plain("Commune", a.Locality.Label(), b.Locality.Label())
	plain("Téléphone", a.Phone, b.Phone)
	plain("Adresse électronique", a.Email, b.Email)
	plain("Code de ciblage", codeOf(file), codeOf(other))
	plain("Vaccination", statusOfRecord(file).text, statusOfRecord(other).text)
	return rows
}

func orNone(text string) string {
	if text == "" {
		return "non renseigné"
	}
	return text
}

func codeOf(r registry.Record) string {
	if r.Code.IsZero() {
		return ""
	}
	return r.Code.Format()
}

func (s *Server) decideMatch(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	record, other := pairOf(r)
	decision := registry.MatchDecision(r.PostForm.Get(registry.FieldMatch))
	err := s.Registry.DecideMatch(r.Context(), by, record, other, decision)
	if registry.KindOf(err) == registry.KindInvalid {
		form, err := formOf(r.PostForm, err)
		if err != nil {
			return err
		}
		return s.showMatch(w, r, by, http.StatusUnprocessableEntity, form, false)
	}
	if err != nil {
		return err
	}
	said := "Décision enregistrée\u00a0: ce sont deux personnes."
	if decision == registry.MatchSame {
		said = "Décision enregistrée\u00a0: c’est la même personne, et il reste un seul dossier."
	}
	if err := s.flash(r, said); err != nil {
		return err
	}
	http.Redirect(w, r, matchesAddress, http.StatusSeeOther)
	return nil
}
