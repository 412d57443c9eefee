package document

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// Batch is what the letters of one batch have in common.
type Batch struct {
	// Reference names the batch on its letters and in its trace, e.g. "C12-0003". A letter begins it, or a spreadsheet
	// would take it for a date, and the mail-merge file would have to mark it.
	Reference string
	// Campaign is the campaign's name, as a person reads it.
	Campaign string
	// Opens is the first day on which those whom the campaign targets are vaccinated.
	Opens registry.Date
	// Date is the letters' own.
	Date registry.Date
	// Texts are the settings of the service that letters tell.
	Texts registry.LetterTexts
}

// Ends of the sentences of registry.LetterTexts.
const (
	ObjectionUntilAgreement   = "tant que vous n’avez pas donné votre accord à la vaccination"
	ObjectionUntilVaccination = "tant que vous n’avez pas reçu de première injection"
	RightsAtTheFund           = "adressez-vous à votre caisse d’assurance maladie, par votre compte ameli ou par courrier à son délégué à la protection des données"
)

// MaxLetterPlaces is how many vaccination places a letter lists.
const MaxLetterPlaces = registry.MaxNearby

// Letter tells a targeted person their code, and what to do with it.
type Letter struct {
	// Number is the letter's in its batch, from 1.
	Number    int
	Addressee Addressee
	Code      registry.TargetCode
	// Places are vaccination places near the person, at most MaxLetterPlaces. Without any the letter says whom to
	// ask.
	Places []registry.VaccinationPlace
}

// LetterTextMost is how long a text that a letter shows is at most, in characters: names of campaigns, of places, settings.
const LetterTextMost = 200

// ErrLetter says that a letter or what a batch has in common is not complete, or longer than a page can be sure to
// hold.
var ErrLetter = errors.New("document: not a letter that can be printed")

// check refuses what no page is made for. Its errors never hold what they refuse.
func (b Batch) check() error {
	for what, text := range map[string]string{"reference": b.Reference, "campaign": b.Campaign} {
		if blank(text) {
			return fmt.Errorf("%w: the batch has no %s", ErrLetter, what)
		}
	}
	if b.Opens.IsZero() || b.Date.IsZero() {
		return fmt.Errorf("%w: the batch lacks a date", ErrLetter)
	}
	for _, text := range []string{b.Reference, b.Campaign, b.Texts.Phone, b.Texts.Website, b.Texts.ObjectionUntil, b.Texts.Rights} {
		if utf8.RuneCountInString(text) > LetterTextMost {
			return fmt.Errorf("%w: a text of the batch is longer than %d characters", ErrLetter, LetterTextMost)
		}
	}
	return nil
}

func (l Letter) check() error {
	switch {
	case l.Number < 1:
		return fmt.Errorf("%w: no number", ErrLetter)
	case !l.Code.Valid():
		return fmt.Errorf("%w: no code", ErrLetter)
	case len(l.Places) > MaxLetterPlaces:
		return fmt.Errorf("%w: more than %d places", ErrLetter, MaxLetterPlaces)
	}
	if err := l.Addressee.check(); err != nil {
		return err
	}
	for _, place := range l.Places {
		if blank(place.Name) || utf8.RuneCountInString(place.Name) > LetterTextMost || utf8.RuneCountInString(place.AddressLine()) > LetterTextMost {
			return fmt.Errorf("%w: a place without name, or longer than %d characters", ErrLetter, LetterTextMost)
		}
	}
	return nil
}

// spelt says a sign of a code as it is dictated: «K comme Kléber», «chiffre 7». The words are those of French
// telephone operators.
func spelt(sign byte) string {
	if sign < 'A' || sign > 'Z' {
		return "chiffre\u00A0" + string(rune(sign))
	}
	return string(rune(sign)) + " comme " + spellingWords[sign-'A']
}

var spellingWords = [26]string{
	"Anatole", "Berthe", "Célestin", "Désiré", "Eugène", "François", "Gaston", "Henri", "Irma", "Joseph", "Kléber", "Louis", "Marcel",
	"Nicolas", "Oscar", "Pierre", "Quintal", "Raoul", "Suzanne", "Thérèse", "Ursule", "Victor", "William", "Xavier", "Yvonne", "Zoé",
}
