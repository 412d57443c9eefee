package registry

import (
	"cmp"
	"strconv"
	"strings"

	"vaccin/internal/nir"
)

// Sex is the administrative sex (FHIR administrative-gender, two of its values).
type Sex string

// The sexes the insurance knows.
const (
	Female Sex = "F"
	Male   Sex = "M"
)

// Label is the French word.
func (s Sex) Label() string {
	switch s {
	case Female:
		return "Féminin"
	case Male:
		return "Masculin"
	}
	return ""
}

// Patient is an insured person or their dependant.
type Patient struct {
	Holder nir.Number // NIR of the holder («ouvrant droit»), which carries the family
	Own    nir.Number // the person's own NIR; zero when it is not known
	Identity
	Contact
	Manual bool // entered by a practitioner, not known from the referential
}

// Identity is what tells one person from another.
type Identity struct {
	BirthName  string
	UsedName   string
	GivenNames string
	Sex        Sex
	BirthDate  BirthDate
	BirthRank  int // 1, or 2 and 3 for twins and triplets; a family rank in some schemes: never reasoned on
}

// FullName is the person's name as screens and paper show it.
func (i Identity) FullName() string { return i.NameLabel() + " " + i.GivenNames }

// NameLabel is the used name, with the birth name where it differs: «MARTIN (née DURAND)».
func (i Identity) NameLabel() string {
	name := strings.ToUpper(i.UsedName)
	if Fold(i.UsedName) != Fold(i.BirthName) {
		name += " (" + bornWord(i.Sex) + " " + strings.ToUpper(i.BirthName) + ")"
	}
	return name
}

func bornWord(s Sex) string {
	if s == Female {
		return "née"
	}
	return "né"
}

// Contact is how to reach the person; any of it may be missing.
type Contact struct {
	Address  string
	Locality Locality
	Phone    string
	Email    string
}

// Completed is what the referential tells of how to reach someone, with what it does not tell and was known before: their
// telephone and their e-mail.
func (c Contact) Completed(before Contact) Contact {
	c.Phone, c.Email = cmp.Or(c.Phone, before.Phone), cmp.Or(c.Email, before.Email)
	return c
}

// Locality is a postal code with a place name.
type Locality struct {
	PostalCode  string
	Name        string
	CommuneCode string // INSEE; empty when the source has none
}

// Label is the text that is suggested, chosen and typed: «75011 Paris».
func (l Locality) Label() string { return strings.TrimSpace(l.PostalCode + " " + l.Name) }

// IsZero tells whether there is no locality.
func (l Locality) IsZero() bool { return l == Locality{} }

// Field names of a registration, for errors and questions.
const (
	FieldBirthName  = "birth_name"
	FieldUsedName   = "used_name"
	FieldGivenNames = "given_names"
	FieldSex        = "sex"
	FieldBirthDate  = "birth_date"
	FieldBirthRank  = "birth_rank"
	FieldAddress    = "address"
	FieldLocality   = "locality"
	FieldPhone      = "phone"
	FieldEmail      = "email"
)

// OldestAge is more years than anyone has lived: an older birth date is a slip.
const OldestAge = 125

// QuestionLunarDate asks about a birth date that is no day of the calendar.
const QuestionLunarDate = "lunar-birth-date"

// RegistrationRequest is a manual entry of a patient (SRC-3), as typed.
type RegistrationRequest struct {
	NIR        string
	BirthName  string
	UsedName   string
	GivenNames string
	Sex        string
	BirthDate  string
	BirthRank  string
	Address    string
	Locality   string // label of a suggested locality
	Phone      string
	Email      string
	Confirmed  []string

	// CardBirthDate is the birth date of the carte Vitale read for this patient, its eight digits, if one was
	// read. As long as what is typed is still that date, it is asked about, whatever it is, and never refused.
	CardBirthDate string

	// Searched tells that the actor has just searched for this NIR. Where not, it is searched for first, and
	// counts as any search: to enter patients is no way to guess who exists.
	Searched bool
}

// DecidePatient checks a manual entry. localities are those whose label is the one typed.
func DecidePatient(req RegistrationRequest, holder nir.Number, localities []Locality, today Date) (Patient, error) {
	f := form{confirmed: req.Confirmed}
	p := Patient{Holder: holder, Manual: true}
	var err error
	p.BirthName, err = personName(req.BirthName, "Saisissez le nom de naissance.")
	f.check(FieldBirthName, err)
	p.UsedName, err = personName(req.UsedName, "Saisissez le nom d’usage. Si le patient n’en a pas, reportez son nom de naissance.")
	f.check(FieldUsedName, err)
	p.GivenNames, err = personName(req.GivenNames, "Saisissez le ou les prénoms.")
	f.check(FieldGivenNames, err)
	if p.Sex = Sex(req.Sex); p.Sex != Female && p.Sex != Male {
		f.refuse(FieldSex, "Indiquez le sexe.")
	}
	p.BirthDate = decideBirthDate(&f, req.BirthDate, req.CardBirthDate, today)
	rank, err := strconv.Atoi(strings.TrimSpace(req.BirthRank))
	if p.BirthRank = rank; err != nil || rank < 1 || rank > 9 {
		f.refuse(FieldBirthRank, "Saisissez le rang de naissance, de 1 à 9 : 1 en général, 2 pour le deuxième de jumeaux, 3 pour le troisième de triplés.")
	}
	p.Contact = decideContact(&f, req, localities)
	if err := f.err(); err != nil {
		return Patient{}, err
	}
	return p, nil
}

func decideBirthDate(f *form, text, card string, today Date) BirthDate {
	if strings.TrimSpace(text) == "" {
		f.refuse(FieldBirthDate, "Saisissez la date de naissance.")
		return BirthDate{}
	}
	b, err := ParseBirthDate(text)
	onCard, unlike := BirthDateFromDigits(card)
	asOnCard := unlike == nil && strings.TrimSpace(text) == onCard.French()
	if asOnCard {
		b, err = onCard, nil
	}
	if err != nil {
		f.check(FieldBirthDate, err)
		return BirthDate{}
	}
	day, ok := b.Date()
	late, early := ok && day.After(today) || b.year() > today.Year, b.year() < today.Year-OldestAge
	switch {
	case asOnCard && ok && (late || early):
		f.ask(QuestionLunarDate, b.Digits(), FieldBirthDate, "La date de naissance de la carte Vitale n’est pas vraisemblable.",
			"Confirmez que vous la reprenez telle qu’elle est sur la carte.")
	case late && !asOnCard:
		f.refuse(FieldBirthDate, "La date de naissance est dans le futur. Vérifiez l’année.")
	case early && !asOnCard:
		f.refuse(FieldBirthDate, "La date de naissance est trop ancienne. Vérifiez l’année.")
	case !ok:
		f.ask(QuestionLunarDate, b.Digits(), FieldBirthDate, "Cette date n’est pas une date du calendrier.",
			"Confirmez qu’elle figure ainsi sur la carte Vitale ou l’attestation de droits.")
	}
	return b
}

func decideContact(f *form, req RegistrationRequest, localities []Locality) Contact {
	c := Contact{}
	var err error
	c.Address, err = cleanText(req.Address, AddressLimit)
	f.check(FieldAddress, err)
	if strings.TrimSpace(req.Locality) != "" {
		c.Locality = decideLocality(f, FieldLocality, localities)
	}
	c.Phone, err = decidePhone(req.Phone)
	f.check(FieldPhone, err)
	c.Email, err = ReadEmail(req.Email)
	f.check(FieldEmail, err)
	return c
}

// decideLocality takes the one locality that the label typed names.
func decideLocality(f *form, field string, found []Locality) Locality {
	if len(found) == 1 {
		return found[0]
	}
	f.refuse(field, "Choisissez une localité dans la liste : saisissez les premiers caractères du code postal ou du nom.")
	return Locality{}
}

// decidePhone keeps the digits of a telephone number, and the + of an international one. Without + or 00
// it is French: ten digits from 0, or the six or eight of New Caledonia, Wallis and Polynesia.
func decidePhone(text string) (string, error) {
	clean := strings.NewReplacer("(0)", "", "(", "", ")", "", "/", "").Replace(onlyDigits(strings.TrimSpace(text)))
	if clean == "" {
		return "", nil
	}
	digits := strings.TrimPrefix(clean, "+")
	if !isDigits(digits) {
		return "", Invalid("Un numéro de téléphone n’a que des chiffres. Exemples : 06 12 34 56 78, +33 6 12 34 56 78.")
	}
	n, abroad := len(digits), strings.TrimPrefix(digits, "00")
	switch {
	case clean != digits:
		abroad = digits
	case len(abroad) == n:
		if n == 10 && digits[0] == '0' || (n == 6 || n == 8) && digits[0] != '0' {
			return clean, nil
		}
		return "", Invalid("Un numéro de téléphone français a 10 chiffres et un numéro étranger commence par + ou 00. " +
			"Exemples : 06 12 34 56 78, +33 6 12 34 56 78.")
	}
	if len(abroad) < 7 || len(abroad) > 15 || abroad[0] == '0' {
		return "", Invalid("Ce numéro de téléphone international est incomplet ou trop long. Exemple : +33 6 12 34 56 78.")
	}
	return clean, nil
}
