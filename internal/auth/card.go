package auth

import (
	"time"

	"vaccin/internal/auth/cps"
	"vaccin/internal/registry"
)

// LoginFromCPS makes a login of the identity on a card, of the profession that its label stands for (empty
// when it is unknown) and of the practitioner's imported list of places, which has the AM numbers (ACC-5).
func LoginFromCPS(card cps.Identity, profession string, authorised func(profession string) bool,
	places []registry.PracticePlace, now time.Time,
) (Login, error) {
	if profession == "" || !authorised(profession) {
		return Login{}, ErrNoProfession
	}
	if len(places) == 0 {
		return Login{}, ErrNoPlace
	}
	person := registry.Practitioner{NationalID: card.NationalID, Profession: profession, FamilyName: card.FamilyName, GivenName: card.GivenName}
	if profession == registry.ProfessionDoctor {
		person.Civility = civility("DR") // a card tells none; those of other professions are not known from it
	}
	login := Login{
		Door: registry.DoorCPS, Role: registry.RolePractitioner, NationalID: card.NationalID,
		GivenName: card.GivenName, FamilyName: card.FamilyName, Chosen: -1, At: now,
	}
	for _, place := range places {
		login.Practices = append(login.Practices, Practice{Place: place, Practitioner: person})
	}
	if len(places) == 1 {
		login.Chosen = 0
	}
	return login, nil
}
