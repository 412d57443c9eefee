package igcsim

import "encoding/asn1"

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value string `asn1:"utf8"`
}

// partSET is one part of a name; encoding/asn1 writes a slice whose type is named so as a SET.
type partSET []attribute

var (
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname      = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidOrganization = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidUnit         = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidTitle        = asn1.ObjectIdentifier{2, 5, 4, 12}
	oidGivenName    = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidPseudonym    = asn1.ObjectIdentifier{2, 5, 4, 65}
)

func name(parts ...partSET) []byte {
	der, err := asn1.Marshal(parts)
	if err != nil {
		panic(err) // texts only
	}
	return der
}

// Subject is the subject of a practitioner's card: the names and the number in one multi-valued part.
func Subject(nationalID, family, given, profession string) []byte {
	return name(
		partSET{{oidCountry, "FR"}},
		partSET{{oidTitle, profession}},
		partSET{{oidCommonName, nationalID}, {oidSurname, family}, {oidGivenName, given}},
	)
}

// OldSubject is the subject of a card of before, with the profession among the organisational units.
func OldSubject(nationalID, family, given string, professions ...string) []byte {
	parts := []partSET{{{oidCountry, "FR"}}, {{oidOrganization, "GIP-CPS"}}, {{oidUnit, "Département (69)"}}}
	for _, profession := range professions {
		parts = append(parts, partSET{{oidUnit, profession}})
	}
	return name(append(parts, partSET{{oidCommonName, nationalID}, {oidSurname, family}, {oidGivenName, given}})...)
}

// StaffSubject is the subject of the card of an employee of a structure.
func StaffSubject(structure, rank, family, given string) []byte {
	return name(
		partSET{{oidCountry, "FR"}},
		partSET{{oidOrganization, "Cabinet médical des Tilleuls"}},
		partSET{{oidTitle, "Carte de service nominative"}},
		partSET{{oidCommonName, structure + "/" + rank}, {oidSurname, family}, {oidGivenName, given}, {oidPseudonym, structure + "/" + rank}},
	)
}
