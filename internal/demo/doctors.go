package demo

import (
	"fmt"
	"strings"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/auth/psc"
	"vaccin/internal/demo/pscsim"
	"vaccin/internal/registry"
)

// doctor is someone who records acts in the country.
type doctor struct {
	registry.Actor
	department string
	locality   registry.Locality // of the place of practice
}

// staff are the doctors: those of the sign-in simulator by their account, and one invented for each department.
type staff struct {
	accounts map[string]doctor
	local    map[string][]doctor // by department
	places   []registry.PractitionerPlace
}

// inventStaff makes the doctors and the list of their places of practice with AM numbers.
func inventStaff(c chance, g *gazetteer, today registry.Date) (*staff, error) {
	s := &staff{accounts: map[string]doctor{}, local: map[string][]doctor{}}
	for _, account := range pscsim.Accounts() {
		if err := s.enlist(c, g, account); err != nil {
			return nil, err
		}
	}
	for i, d := range departments {
		s.invent(c, i, d.code, pick(c, g.towns[d.code]), today)
	}
	return s, nil
}

// enlist imports the places of an account, and takes it among the doctors when it can sign in as one.
func (s *staff) enlist(c chance, g *gazetteer, account pscsim.Account) error {
	identity := identityOf(account)
	imported := []registry.PracticePlace{}
	seen := map[string]bool{}
	for _, e := range identity.Exercises {
		for _, a := range e.Activities {
			if !seen[a.StructureTechnicalID] {
				seen[a.StructureTechnicalID] = true
				imported = append(imported, importedPlace(c, a))
			}
		}
	}
	for _, p := range imported {
		s.places = append(s.places, registry.PractitionerPlace{NationalID: account.NationalID, Place: p})
	}
	isDoctor := func(profession string) bool { return profession == registry.ProfessionDoctor }
	login, err := auth.LoginFromPSC(psc.Login{Identity: identity}, isDoctor, imported, time.Time{})
	if err != nil {
		return nil //nolint:nilerr // an account that the service refuses records nothing
	}
	login.Chosen = 0
	actor, _ := login.Actor()
	department := actor.Place.PostalCode[:2]
	if department == "97" {
		department = actor.Place.PostalCode[:3]
	}
	locality, err := g.at(department, actor.Place.PostalCode, actor.Place.Locality)
	if err != nil {
		return fmt.Errorf("the place of account %s: %w", account.Key, err)
	}
	d := doctor{actor, department, locality}
	s.accounts[account.Key] = d
	s.local[department] = append(s.local[department], d)
	return nil
}

// identityOf is what signing in with the account tells.
func identityOf(a pscsim.Account) psc.Identity {
	identity := psc.Identity{
		NationalID: a.NationalID, FamilyName: a.FamilyName, GivenName: a.GivenName,
		Civility: a.Civility, HasRefPro: !a.WithoutRefPro,
	}
	for _, e := range a.Exercises {
		exercise := psc.Exercise{
			ProfessionCode: e.ProfessionCode, CivilityCode: e.CivilityCode, FamilyName: e.FamilyName, GivenName: e.GivenName,
		}
		for _, p := range e.Activities {
			exercise.Activities = append(exercise.Activities, psc.Activity{
				StructureTechnicalID: p.TechnicalID, Name: p.Name, FINESS: p.FINESS, PostalCode: p.PostalCode, PostOffice: p.PostOffice,
				AddressLines:        []string{strings.Join(strings.Fields(p.StreetNumber+" "+p.StreetType+" "+p.Street), " ")},
				PreviousStructureID: p.PreviousID,
			})
		}
		identity.Exercises = append(identity.Exercises, exercise)
	}
	return identity
}

// importedPlace is a row of the list of places that Pro Santé Connect's places are joined with.
func importedPlace(c chance, a psc.Activity) registry.PracticePlace {
	return registry.PracticePlace{
		ID: a.StructureTechnicalID, Name: a.Name, Address: strings.Join(a.AddressLines, ", "), PostalCode: a.PostalCode,
		Locality:   strings.TrimSpace(strings.TrimPrefix(a.PostOffice, a.PostalCode)),
		PreviousID: a.PreviousStructureID, AMNumber: c.amNumber(a.PostalCode),
	}
}

// amNumber draws an AM number: the department, a 1 for general practice, a rank and the check digit.
func (c chance) amNumber(postalCode string) string {
	return withLuhn(fmt.Sprintf("%s1%05d", postalCode[:2], c.between(1, 99_999)))
}

// withLuhn adds the check digit.
func withLuhn(digits string) string {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}

// invent adds a doctor with a private practice in a town. Numbers from 99700 are kept for tests; the
// simulator's accounts use others of them.
func (s *staff) invent(c chance, rank int, department string, at registry.Locality, today registry.Date) {
	sex := sexOf(c.IntN(sexes))
	born := c.born(c.between(34, 64), today).Year
	rpps := withLuhn(fmt.Sprintf("997005%04d", rank))
	family := c.surname(department)
	place := registry.PracticePlace{
		ID: "R95" + fmt.Sprintf("%04d", rank), Name: "Cabinet médical " + practiceNames[rank%len(practiceNames)], Address: c.address(),
		PostalCode: at.PostalCode, Locality: at.Name, PreviousID: "4" + rpps + "001", AMNumber: c.amNumber(at.PostalCode),
	}
	given, _, _ := strings.Cut(c.givenNames(sex, born, origin{}), " ")
	actor := registry.Actor{
		Role: registry.RolePractitioner, Door: registry.DoorPSC, Place: place,
		Practitioner: registry.Practitioner{
			NationalID: "8" + rpps, Profession: registry.ProfessionDoctor, Civility: "Dr.",
			FamilyName: strings.ToUpper(family), GivenName: given,
		},
	}
	s.places = append(s.places, registry.PractitionerPlace{NationalID: "8" + rpps, Place: place})
	s.local[department] = append(s.local[department], doctor{actor, department, at})
}

var practiceNames = strings.Split("des Acacias|du Parc|de la Mairie|du Marché|des Remparts|Saint-Luc|de la Gare|du Vieux-Pont|du Lavoir", "|")

// nurse invents who injects when the doctor does not.
func (c chance) nurse(department string) (family, given string) {
	given, _, _ = strings.Cut(c.givenNames(registry.Female, c.between(1965, 1995), origin{}), " ")
	return c.surname(department), given
}
