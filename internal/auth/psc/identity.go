package psc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"vaccin/internal/auth/oidc"
)

// maxItems bounds the exercices of an account, and the activities of an exercice.
const maxItems = 100

// Identity is what userinfo says of a professional. Texts are trimmed, hold no
// control character and at most 200 characters; a text the provider did not
// give is empty.
type Identity struct {
	Subject    string // sub: stable identifier at the provider, not the national one
	NationalID string // "8" + RPPS (11 digits), or "0" + ADELI (9)
	FamilyName string
	GivenName  string
	Civility   string // "M", "MME", …: from SubjectRefPro, else from the top of userinfo
	// HasRefPro tells an account described by the national directory from one
	// without SubjectRefPro, which is a case of its own and not an error here.
	HasRefPro bool
	// Exercises are in the order given; some accounts repeat one (see Practices).
	Exercises []Exercise
}

// Exercise is one profession exercised by the person (SubjectRefPro.exercices).
type Exercise struct {
	ProfessionCode     string // TRE_G15: "10" doctor, "21" pharmacist, "60" nurse, …
	ProfessionCategory string // "C" civilian, "M" military, "E" student
	CivilityCode       string // codeCiviliteDexercice: "DR", "PR", …
	FamilyName         string // name of exercise, when it differs from the civil one
	GivenName          string
	SkillTypeCode      string // codeTypeSavoirFaire: "S" speciality, …
	SkillCode          string // codeSavoirFaire: "SM26", …
	Activities         []Activity
}

// Activity is one place where an exercise takes place.
type Activity struct {
	StructureTechnicalID string // "R…" private practice, "F…" FINESS: unique in the directory
	Name                 string // raisonSocialeSite, else the commercial sign
	FINESS               string // of the site
	LegalFINESS          string // of the legal entity
	SIRET                string
	SIREN                string
	AddressLines         []string // complements, street line, distribution; no empty line
	PostalCode           string
	PostOffice           string // bureauCedex, as given: often repeats the postal code
	CountryCode          string // INSEE code: "99000" France
	// PreviousStructureID is ancienIdentifiantDeLaStructure: "4" + RPPS + rank
	// for a private practice, "1" + FINESS for an establishment. It joins the
	// Cnam's list of places, where the AM number is.
	PreviousStructureID string
	SectorCode          string // codeSecteurDactivite: "SA07" private practice, …
	ModeCode            string // codeModeExercice: "L" private, "S" salaried, "B" volunteer
}

var (
	rppsID  = regexp.MustCompile(`^8[0-9]{11}$`)
	adeliID = regexp.MustCompile(`^0[0-9][0-9AB][0-9]{7}$`) // A and B: Corsica
)

// RPPS returns the 11 digits of the RPPS number, or "" for an ADELI identity.
// Its check digit is not verified: the directory is its authority.
func (i Identity) RPPS() string {
	if rppsID.MatchString(i.NationalID) {
		return i.NationalID[1:]
	}
	return ""
}

// ParseUserInfo reads the claims of userinfo. It accepts SubjectRefPro as an
// object, as a JSON text holding that object, or absent; codeCivilite inside it
// or beside it. Errors are *oidc.Error with oidc.ReasonInvalidIdentity, or
// ReasonNoNationalID when no RPPS or ADELI number identifies the account, and
// never quote what was read.
func ParseUserInfo(body []byte) (Identity, error) {
	if len(body) > oidc.MaxIdentity || !utf8.Valid(body) {
		return Identity{}, oidc.Fail(oidc.ReasonInvalidIdentity, "userinfo too large or not UTF-8")
	}
	var raw rawUserInfo
	if err := json.Unmarshal(body, &raw); err != nil {
		return Identity{}, oidc.Fail(oidc.ReasonInvalidIdentity, "userinfo is not the JSON expected")
	}
	refPro, err := raw.refPro()
	if err != nil {
		return Identity{}, oidc.Fail(oidc.ReasonInvalidIdentity, "SubjectRefPro is not the JSON expected")
	}
	r := reader{}
	identity := Identity{
		Subject:    r.text("sub", raw.Subject, oidc.MaxSubject),
		FamilyName: r.text("family_name", raw.FamilyName, oidc.MaxText),
		GivenName:  r.text("given_name", raw.GivenName, oidc.MaxText),
		Civility:   r.text("codeCivilite", raw.Civility, oidc.MaxText),
	}
	identity.NationalID = r.nationalID(raw)
	if refPro != nil {
		identity.HasRefPro = true
		if civility := r.text("codeCivilite", refPro.Civility, oidc.MaxText); civility != "" {
			identity.Civility = civility
		}
		identity.Exercises = r.exercises(refPro.Exercises)
	}
	if r.err != nil {
		return Identity{}, r.err
	}
	return identity, nil
}

// rawUserInfo and what it holds follow the names of Pro Santé Connect.
type rawUserInfo struct {
	Subject           string          `json:"sub"`
	PreferredUsername string          `json:"preferred_username"`
	SubjectNameID     string          `json:"SubjectNameID"`
	GivenName         string          `json:"given_name"`
	FamilyName        string          `json:"family_name"`
	Civility          string          `json:"codeCivilite"`
	SubjectRefPro     json.RawMessage `json:"SubjectRefPro"`
}

type rawRefPro struct {
	Civility  string        `json:"codeCivilite"`
	Exercises []rawExercise `json:"exercices"`
}

type rawExercise struct {
	ProfessionCode     string        `json:"codeProfession"`
	ProfessionCategory string        `json:"codeCategorieProfessionnelle"`
	CivilityCode       string        `json:"codeCiviliteDexercice"`
	FamilyName         string        `json:"nomDexercice"`
	GivenName          string        `json:"prenomDexercice"`
	SkillTypeCode      string        `json:"codeTypeSavoirFaire"`
	SkillCode          string        `json:"codeSavoirFaire"`
	Activities         []rawActivity `json:"activities"`
}

type rawActivity struct {
	TechnicalID   string `json:"identifiantTechniqueDeLaStructure"`
	CorporateName string `json:"raisonSocialeSite"`
	Sign          string `json:"enseigneCommercialeSite"`
	FINESS        string `json:"numeroFinessSite"`
	LegalFINESS   string `json:"numeroFinessetablissementJuridique"`
	SIRET         string `json:"numeroSiretSite"`
	SIREN         string `json:"numeroSirenSite"`
	Recipient     string `json:"complementDestinataire"`
	Location      string `json:"complementPointGeographique"`
	StreetNumber  string `json:"numeroVoie"`
	StreetRepeat  string `json:"indiceRepetitionVoie"`
	StreetType    string `json:"codeTypeDeVoie"`
	Street        string `json:"libelleVoie"`
	Distribution  string `json:"mentionDistribution"`
	PostOffice    string `json:"bureauCedex"`
	PostalCode    string `json:"codePostal"`
	Country       string `json:"codePays"`
	PreviousID    string `json:"ancienIdentifiantDeLaStructure"`
	SectorCode    string `json:"codeSecteurDactivite"`
	ModeCode      string `json:"codeModeExercice"`
}

// refPro returns SubjectRefPro, or nil when the account has none.
func (raw rawUserInfo) refPro() (*rawRefPro, error) {
	content := bytes.TrimSpace(raw.SubjectRefPro)
	if len(content) > 0 && content[0] == '"' {
		var text string
		if err := json.Unmarshal(content, &text); err != nil {
			return nil, err
		}
		content = bytes.TrimSpace([]byte(text))
	}
	if len(content) == 0 || bytes.Equal(content, []byte("null")) {
		return nil, nil
	}
	if content[0] != '{' {
		return nil, errors.New("not an object")
	}
	var refPro rawRefPro
	if err := json.Unmarshal(content, &refPro); err != nil {
		return nil, err
	}
	return &refPro, nil
}

// reader converts raw values and keeps the first failure.
type reader struct{ err error }

func (r *reader) refuse(reason oidc.Reason, detail string) {
	if r.err == nil {
		r.err = oidc.Fail(reason, detail)
	}
}

// text reads a text claim, held to its bound.
func (r *reader) text(claim, value string, limit int) string {
	text, err := oidc.Text(claim, value, limit)
	if err != nil && r.err == nil {
		r.err = err
	}
	return text
}

// nationalID reads the national identifier, which Pro Santé Connect gives under
// two names. Two different ones would leave in doubt who signs.
func (r *reader) nationalID(raw rawUserInfo) string {
	named := r.text("SubjectNameID", raw.SubjectNameID, oidc.MaxText)
	username := r.text("preferred_username", raw.PreferredUsername, oidc.MaxText)
	if named != "" && username != "" && named != username {
		r.refuse(oidc.ReasonInvalidIdentity, "SubjectNameID and preferred_username differ")
		return ""
	}
	id := firstOf(named, username)
	if !rppsID.MatchString(id) && !adeliID.MatchString(id) {
		r.refuse(ReasonNoNationalID, "the account has no RPPS or ADELI number")
		return ""
	}
	return id
}

func (r *reader) exercises(raw []rawExercise) []Exercise {
	if len(raw) > maxItems {
		r.refuse(oidc.ReasonInvalidIdentity, fmt.Sprintf("more than %d exercices", maxItems))
		return nil
	}
	exercises := make([]Exercise, 0, len(raw))
	for _, e := range raw {
		exercises = append(exercises, Exercise{
			ProfessionCode:     r.text("codeProfession", e.ProfessionCode, oidc.MaxText),
			ProfessionCategory: r.text("codeCategorieProfessionnelle", e.ProfessionCategory, oidc.MaxText),
			CivilityCode:       r.text("codeCiviliteDexercice", e.CivilityCode, oidc.MaxText),
			FamilyName:         r.text("nomDexercice", e.FamilyName, oidc.MaxText),
			GivenName:          r.text("prenomDexercice", e.GivenName, oidc.MaxText),
			SkillTypeCode:      r.text("codeTypeSavoirFaire", e.SkillTypeCode, oidc.MaxText),
			SkillCode:          r.text("codeSavoirFaire", e.SkillCode, oidc.MaxText),
			Activities:         r.activities(e.Activities),
		})
	}
	return exercises
}

func (r *reader) activities(raw []rawActivity) []Activity {
	if len(raw) > maxItems {
		r.refuse(oidc.ReasonInvalidIdentity, fmt.Sprintf("more than %d activities in an exercice", maxItems))
		return nil
	}
	activities := make([]Activity, 0, len(raw))
	for _, a := range raw {
		activities = append(activities, Activity{
			StructureTechnicalID: r.text("identifiantTechniqueDeLaStructure", a.TechnicalID, oidc.MaxText),
			Name:                 firstOf(r.text("raisonSocialeSite", a.CorporateName, oidc.MaxText), r.text("enseigneCommercialeSite", a.Sign, oidc.MaxText)),
			FINESS:               r.text("numeroFinessSite", a.FINESS, oidc.MaxText),
			LegalFINESS:          r.text("numeroFinessetablissementJuridique", a.LegalFINESS, oidc.MaxText),
			SIRET:                r.text("numeroSiretSite", a.SIRET, oidc.MaxText),
			SIREN:                r.text("numeroSirenSite", a.SIREN, oidc.MaxText),
			AddressLines:         r.addressLines(a),
			PostalCode:           r.text("codePostal", a.PostalCode, oidc.MaxText),
			PostOffice:           r.text("bureauCedex", a.PostOffice, oidc.MaxText),
			CountryCode:          r.text("codePays", a.Country, oidc.MaxText),
			PreviousStructureID:  r.text("ancienIdentifiantDeLaStructure", a.PreviousID, oidc.MaxText),
			SectorCode:           r.text("codeSecteurDactivite", a.SectorCode, oidc.MaxText),
			ModeCode:             r.text("codeModeExercice", a.ModeCode, oidc.MaxText),
		})
	}
	return activities
}

// addressLines makes the lines of an address, without the empty ones. The street
// line is bounded as a whole.
func (r *reader) addressLines(a rawActivity) []string {
	street := strings.Join(strings.Fields(strings.Join([]string{
		r.text("numeroVoie", a.StreetNumber, oidc.MaxText),
		r.text("indiceRepetitionVoie", a.StreetRepeat, oidc.MaxText),
		r.text("codeTypeDeVoie", a.StreetType, oidc.MaxText),
		r.text("libelleVoie", a.Street, oidc.MaxText),
	}, " ")), " ")
	var lines []string
	for _, line := range []struct{ claim, value string }{
		{"complementDestinataire", a.Recipient},
		{"complementPointGeographique", a.Location},
		{"address", street},
		{"mentionDistribution", a.Distribution},
	} {
		if text := r.text(line.claim, line.value, oidc.MaxText); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

func firstOf(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
