package vitale

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/nir"
)

// Tags of the two files. Each person has one template in each, at the same place.
const (
	tagPerson     = 0x65
	tagFamilyName = 0x80
	tagGivenNames = 0x81
	tagBirthDate  = 0x82
	tagNIR        = 0x93
)

// Beneficiaries reads the two files of a card, the one of identities and the one of numbers: what stands
// at the same place in both is of one person. A card on which that cannot be said for sure, because one
// file has more persons than the other, is Malformed as a whole: no number is ever given to a neighbour.
// A place that is empty in both files is nobody. A NIR that is none is given with what is wrong with it.
func Beneficiaries(identities, numbers []byte) ([]Beneficiary, error) {
	people, err := templates(identities)
	if err != nil {
		return nil, err
	}
	insured, err := templates(numbers)
	if err != nil {
		return nil, err
	}
	if len(people) != len(insured) {
		return nil, Malformed
	}
	var found []Beneficiary
	for i := range people {
		if len(people[i]) == 0 && len(insured[i]) == 0 {
			continue
		}
		b, err := beneficiary(people[i], insured[i])
		if err != nil {
			return nil, err
		}
		found = append(found, b)
	}
	if len(found) == 0 {
		return nil, Malformed
	}
	return found, nil
}

// templates returns what each person's template of a file holds; other objects of the file are not ours.
func templates(file []byte) ([][]object, error) {
	all, err := objects(file)
	if err != nil {
		return nil, err
	}
	var persons [][]object
	for _, o := range all {
		if o.tag != tagPerson {
			continue
		}
		fields, err := objects(o.value)
		if err != nil {
			return nil, err
		}
		persons = append(persons, fields)
	}
	return persons, nil
}

func beneficiary(identity, number []object) (b Beneficiary, err error) {
	for _, field := range []struct {
		in       []object
		tag      uint16
		into     *string
		required bool
	}{
		{identity, tagFamilyName, &b.FamilyName, true},
		{identity, tagGivenNames, &b.GivenNames, false},
		{identity, tagBirthDate, &b.BirthDate, true},
		{number, tagNIR, &b.NIR, false},
	} {
		if *field.into, err = text(field.in, field.tag); err != nil {
			return Beneficiary{}, err
		}
		if field.required && *field.into == "" {
			return Beneficiary{}, Malformed
		}
	}
	b.NIRProblem = nirProblem(b.NIR)
	return b, nil
}

// nirProblem says what is wrong with a number of a card, which holds 15 characters without spaces.
func nirProblem(number string) string {
	if number == "" {
		return "La carte ne porte pas de numéro de sécurité sociale pour cette personne."
	}
	_, err := nir.Parse(number)
	var wrong *nir.Error
	if errors.As(err, &wrong) {
		return "Le numéro de sécurité sociale que porte la carte n’est pas valable. " + wrong.Message()
	}
	if err != nil || utf8.RuneCountInString(number) != nir.Size+2 {
		return "Le numéro de sécurité sociale que porte la carte n’est pas valable : il n’a pas 15 caractères."
	}
	return ""
}

// text returns what one field holds, which stands at most once. Cards write in ASCII, newer ones perhaps
// in UTF-8 or Latin-1; what pads the end is cut, and nothing else is changed.
func text(fields []object, tag uint16) (string, error) {
	var value []byte
	seen := false
	for _, f := range fields {
		if f.tag == tag {
			if seen {
				return "", Malformed
			}
			value, seen = f.value, true
		}
	}
	read := string(value)
	if !utf8.Valid(value) {
		runes := make([]rune, len(value))
		for i, b := range value {
			runes[i] = rune(b)
		}
		read = string(runes)
	}
	read = strings.TrimRight(read, " \x00")
	if strings.ContainsFunc(read, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", Malformed
	}
	return read, nil
}
