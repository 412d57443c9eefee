package auth

import (
	"errors"
	"strings"
	"time"

	"vaccin/internal/auth/agents"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/psc"
	"vaccin/internal/registry"
)

// Login is someone who signed in, as the session keeps it.
type Login struct {
	Door       registry.Door
	Role       registry.Role
	NationalID string // an agent's identifier at their provider
	GivenName  string
	FamilyName string
	Practices  []Practice      // of a practitioner
	Chosen     int             // index of the practice in use; -1 until chosen
	Roles      []registry.Role // of an agent, all of them; Role is the one in use, empty until chosen
	IDToken    string          `json:"-"` // for the provider's own sign-out; the session keeps it apart
	Provider   ProviderSession `json:"-"` // known at sign-in, then kept as the session's tags
	Turn       int             // how many times the role in use was changed
	At         time.Time
}

// ProviderSession is the session at an OpenID Connect provider from which someone signed in here: the provider
// ends ours by naming it. It is empty for doors without a provider.
type ProviderSession struct {
	Issuer, Subject string
	Session         string // sid; empty when the provider named none
}

// Practice is a place together with the profession and the names under which it is practised.
type Practice struct {
	Place        registry.PracticePlace
	Practitioner registry.Practitioner
}

// The reasons why someone identified may not come in; the page says each in words.
var (
	ErrNoProfession = errors.New("no authorised profession")
	ErrNoDirectory  = errors.New("the account carries no professional situation")
	ErrNoPlace      = errors.New("no place of practice")
	ErrNoRole       = errors.New("no role in the service")
)

// LoginFromPSC keeps of an identity the places of its authorised professions (ACC-5). imported is the
// practitioner's imported list, which has the AM numbers that Pro Santé Connect does not carry.
func LoginFromPSC(signed psc.Login, authorised func(profession string) bool,
	imported []registry.PracticePlace, now time.Time,
) (Login, error) {
	identity := signed.Identity
	login := Login{
		Door: registry.DoorPSC, Role: registry.RolePractitioner, NationalID: identity.NationalID, GivenName: identity.GivenName,
		FamilyName: identity.FamilyName, Chosen: -1, At: now,
		IDToken: signed.IDToken, Provider: providerSession(signed.Login),
	}
	if !identity.HasRefPro {
		return Login{}, ErrNoDirectory
	}
	if !exercises(identity, authorised) {
		return Login{}, ErrNoProfession
	}
	for _, p := range identity.Practices(authorised) {
		login.Practices = append(login.Practices, Practice{
			Place: withAMNumber(placeOf(p.Activity), imported),
			Practitioner: registry.Practitioner{
				NationalID: identity.NationalID, Profession: p.ProfessionCode, Civility: civility(p.CivilityCode),
				FamilyName: p.FamilyName, GivenName: p.GivenName,
			},
		})
	}
	switch len(login.Practices) {
	case 0:
		return Login{}, ErrNoPlace
	case 1:
		login.Chosen = 0
	}
	return login, nil
}

// LoginFromAgents makes an agent's login. With one role it is in use at once; among several, the agent chooses.
func LoginFromAgents(signed agents.Login, now time.Time) (Login, error) {
	identity := signed.Identity
	login := Login{
		Door: registry.DoorAgents, NationalID: registry.AgentPrefix + identity.Subject, GivenName: identity.GivenName,
		FamilyName: identity.FamilyName, Chosen: -1, Roles: identity.Roles, At: now,
		IDToken: signed.IDToken, Provider: providerSession(signed.Login),
	}
	switch len(identity.Roles) {
	case 0:
		return Login{}, ErrNoRole
	case 1:
		login.Role = identity.Roles[0]
	}
	return login, nil
}

func providerSession(signed oidc.Login) ProviderSession {
	return ProviderSession{Issuer: signed.Issuer, Subject: signed.Subject, Session: signed.SessionID}
}

func exercises(identity psc.Identity, authorised func(string) bool) bool {
	for _, e := range identity.Exercises {
		if authorised(e.ProfessionCode) {
			return true
		}
	}
	return false
}

func placeOf(a psc.Activity) registry.PracticePlace {
	id := a.StructureTechnicalID
	for _, other := range []string{a.PreviousStructureID, a.FINESS, a.SIRET, a.Name} {
		if id == "" {
			id = other
		}
	}
	name := a.Name
	for _, other := range append(a.AddressLines, id) {
		if name == "" {
			name = other
		}
	}
	return registry.PracticePlace{
		ID: id, Name: name, Address: strings.Join(a.AddressLines, ", "), PostalCode: a.PostalCode,
		Locality:   strings.TrimSpace(strings.TrimPrefix(a.PostOffice, a.PostalCode)),
		PreviousID: a.PreviousStructureID,
	}
}

// withAMNumber joins a place with the imported list by «ancien identifiant de la structure», or by
// the place's own identifier.
func withAMNumber(place registry.PracticePlace, imported []registry.PracticePlace) registry.PracticePlace {
	for _, known := range imported {
		if known.ID == place.ID || known.PreviousID != "" && known.PreviousID == place.PreviousID {
			place.AMNumber = known.AMNumber
			if place.PostalCode == "" {
				place.PostalCode, place.Locality = known.PostalCode, known.Locality
			}
			return place
		}
	}
	return place
}

// civility is how a civility of exercise is shown.
func civility(code string) string {
	switch strings.ToUpper(code) {
	case "DR":
		return "Dr."
	case "PR":
		return "Pr."
	case "MME", "MLLE":
		return "Mme"
	case "M", "MR":
		return "M."
	}
	return ""
}

// IsAgent tells an agent from a practitioner.
func (l Login) IsAgent() bool { return l.Door == registry.DoorAgents }

// Actor is who acts. There is none before a practitioner has chosen a place of practice, or an agent of several
// roles one of them, nor for someone who signed in by password, which opens the portal alone.
func (l Login) Actor() (registry.Actor, bool) {
	switch {
	case l.Door == registry.DoorPassword:
		return registry.Actor{}, false
	case l.Role == "":
		return registry.Actor{}, false
	case l.Role != registry.RolePractitioner:
		return registry.Actor{Role: l.Role, Practitioner: l.person(), Door: l.Door}, true
	}
	if l.Chosen < 0 || l.Chosen >= len(l.Practices) {
		return registry.Actor{}, false
	}
	p := l.Practices[l.Chosen]
	return registry.Actor{Role: l.Role, Practitioner: p.Practitioner, Place: p.Place, Door: l.Door}, true
}

// person is who signed in, whatever the place and profession.
func (l Login) person() registry.Practitioner {
	p := registry.Practitioner{NationalID: l.NationalID, GivenName: l.GivenName, FamilyName: l.FamilyName}
	if len(l.Practices) > 0 {
		p.Civility = l.Practices[0].Practitioner.Civility
	}
	return p
}

// DisplayName names the person before a place is chosen.
func (l Login) DisplayName() string {
	if a, ok := l.Actor(); ok {
		return a.Practitioner.DisplayName()
	}
	return l.person().DisplayName()
}
