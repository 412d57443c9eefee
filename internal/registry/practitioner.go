package registry

import (
	"strings"
	"time"
)

// Role is what someone who signed in is to the service.
type Role string

// The roles. Only practitioners record acts; support corrects and annuls with a reason.
const (
	RolePractitioner   Role = "practitioner"
	RoleSupport        Role = "support"
	RoleCampaign       Role = "campaign-manager"
	RoleReferential    Role = "referential-manager"
	RoleDataProtection Role = "data-protection-officer"
	RoleStatistics     Role = "statistics-reader"
	RoleSystem         Role = "system" // commands run by an operator
)

// Door is the way an actor came in.
type Door string

// The doors.
const (
	DoorPSC      Door = "PSC"
	DoorCPS      Door = "CPS"
	DoorPassword Door = "password" // of the portal: opens no page of the service (ACC-3)
	DoorAgents   Door = "agents"   // the provider of those who are not practitioners (ACC-10)
	DoorCommand  Door = "command"
)

// ProfessionDoctor is the profession code of doctors in the national nomenclature (TRE_G15).
const ProfessionDoctor = "10"

// Practitioner is a health professional as the sign-in told.
type Practitioner struct {
	NationalID string // 8 + RPPS (11 digits) or 0 + ADELI (9)
	Profession string // code of TRE_G15: 10 is a doctor
	Civility   string // civility of exercise as shown: «Dr»
	FamilyName string
	GivenName  string
}

// DisplayName is the name as screens and paper show it: «Dr Camille MARTIN».
func (p Practitioner) DisplayName() string {
	return strings.TrimSpace(strings.Join([]string{p.Civility, p.GivenName, strings.ToUpper(p.FamilyName)}, " "))
}

// Number is the RPPS or ADELI number without the digit that tells which.
func (p Practitioner) Number() string {
	if p.NationalID == "" {
		return ""
	}
	return p.NationalID[1:]
}

// IdentifierLabel is a national identifier as screens and paper show it: the number that a card bears, or what an
// agent or an operator is known by.
func IdentifierLabel(nationalID string) string {
	switch {
	case len(nationalID) == 12 && nationalID[0] == '8':
		return "RPPS " + nationalID[1:]
	case len(nationalID) == 10 && nationalID[0] == '0':
		return "ADELI " + nationalID[1:]
	}
	return nationalID
}

// PracticePlace is one structure a practitioner works in (PSC: activity).
type PracticePlace struct {
	ID         string // stable key of the place, from the sign-in or the imported list
	Name       string
	Address    string // one line
	PostalCode string
	Locality   string
	PreviousID string // «ancien identifiant de la structure»: joins the imported list
	AMNumber   string // «numéro AM», empty when the imported list does not have it
}

// Label names the place with its town, to choose among several.
func (p PracticePlace) Label() string {
	town := strings.TrimSpace(p.PostalCode + " " + p.Locality)
	if town == "" {
		return p.Name
	}
	return p.Name + " (" + town + ")"
}

// AgentPrefix begins the identifiers of agents: whatever their provider calls them, none is a practitioner's
// national number.
const AgentPrefix = "agent:"

// OperatorPrefix begins the identifiers of operators, and of the service itself, where the access log is shown and asked: the log
// keeps the account of their machine alone, which may be any word.
const OperatorPrefix = "exploitant:"

// Actor is someone who signed in, where they practise now, and by which door.
type Actor struct {
	Role         Role
	Practitioner Practitioner
	Place        PracticePlace
	Door         Door
}

// Signature says who validated something, from where, and when. It is a copy: later changes of name
// or place leave it as it was.
type Signature struct {
	Role         Role
	Practitioner Practitioner
	Place        PracticePlace
	At           time.Time
}
