package psc

import "strings"

// Practice is one place where the person practises one profession: what a
// practitioner chooses from.
type Practice struct {
	ProfessionCode string
	CivilityCode   string
	FamilyName     string // name of exercise, else the civil one
	GivenName      string
	Activity       Activity
}

// Practices flattens the exercices whose profession is authorised into the
// places they hold, in the order given, without the repeats that some accounts
// have. The same structure counts once for each profession exercised there. A
// place that nothing names or identifies is left out: it could not be shown, nor
// told from another.
func (i Identity) Practices(authorised func(professionCode string) bool) []Practice {
	var practices []Practice
	seen := map[string]bool{}
	for _, exercise := range i.Exercises {
		if !authorised(exercise.ProfessionCode) {
			continue
		}
		for _, activity := range exercise.Activities {
			key := activity.key()
			if key == "" || seen[exercise.ProfessionCode+"|"+key] {
				continue
			}
			seen[exercise.ProfessionCode+"|"+key] = true
			practices = append(practices, Practice{
				ProfessionCode: exercise.ProfessionCode,
				CivilityCode:   exercise.CivilityCode,
				FamilyName:     firstOf(exercise.FamilyName, i.FamilyName),
				GivenName:      firstOf(exercise.GivenName, i.GivenName),
				Activity:       activity,
			})
		}
	}
	return practices
}

// key identifies the structure by the best identifier it has. The technical one
// comes first, being unique in the directory; a name needs its address with it.
func (a Activity) key() string {
	switch {
	case a.StructureTechnicalID != "":
		return "technical:" + a.StructureTechnicalID
	case a.FINESS != "":
		return "finess:" + a.FINESS
	case a.SIRET != "":
		return "siret:" + a.SIRET
	case a.PreviousStructureID != "":
		return "previous:" + a.PreviousStructureID
	case a.Name != "":
		return "name:" + strings.Join(append([]string{a.Name, a.PostalCode, a.PostOffice}, a.AddressLines...), "|")
	}
	return ""
}
