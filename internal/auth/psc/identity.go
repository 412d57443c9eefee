package psc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what an account may tell about itself. The provider is trusted for
// the truth of an identity, never for its size.
const (
	maxText    = 200 // characters of any text
	maxSubject = 255 // characters of sub, as OpenID Connect bounds it
	maxItems   = 100 // exercices of an account, activities of an exercice
)

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
// or beside it. Errors are *Error with ReasonInvalidIdentity, or
// ReasonNoNationalID when no RPPS or ADELI number identifies the account, and
// never quote what was read.
func ParseUserInfo(body []byte) (Identity, error) {
	if len(body) > maxBody || !utf8.Valid(body) {
		return Identity{}, fail(ReasonInvalidIdentity, "userinfo too large or not UTF-8")
	}
	var raw rawUserInfo
	if err := json.Unmarshal(body, &raw); err != nil {
		return Identity{}, fail(ReasonInvalidIdentity, "userinfo is not the JSON expected")
	}
	refPro, err := raw.refPro()
	if err != nil {
		return Identity{}, fail(ReasonInvalidIdentity, "SubjectRefPro is not the JSON expected")
	}
	r := reader{}
	identity := Identity{
		Subject:    r.text("sub", raw.Subject, maxSubject),
		FamilyName: r.text("family_name", raw.FamilyName, maxText),
		GivenName:  r.text("given_name", raw.GivenName, maxText),
		Civility:   r.text("codeCivilite", raw.Civility, maxText),
	}
	identity.NationalID = r.nationalID(raw)
	if refPro != nil {
		identity.HasRefPro = true
		if civility := r.text("codeCivilite", refPro.Civility, maxText); civility != "" {
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

func (r *reader) refuse(reason Reason, detail string) {
	if r.err == nil {
		r.err = fail(reason, detail)
	}
}

// text trims a value and holds it to its bound, counted in characters.
func (r *reader) text(claim, value string, limit int) string {
	value = strings.TrimSpace(value)
	if utf8.RuneCountInString(value) > limit {
		r.refuse(ReasonInvalidIdentity, fmt.Sprintf("%s is longer than %d characters", claim, limit))
		return ""
	}
	if strings.ContainsFunc(value, isUnprintable) {
		r.refuse(ReasonInvalidIdentity, claim+" holds a control character")
		return ""
	}
	return value
}

// isUnprintable tells the characters that could forge a line, reorder a text on
// screen, or that stand for bytes lost on the way.
func isUnprintable(c rune) bool {
	switch {
	case unicode.IsControl(c), unicode.In(c, unicode.Zl, unicode.Zp), c == utf8.RuneError:
		return true
	}
	return unicode.Is(unicode.Bidi_Control, c)
}

// nationalID reads the national identifier, which Pro Santé Connect gives under
// two names. Two different ones would leave in doubt who signs.
func (r *reader) nationalID(raw rawUserInfo) string {
	named := r.text("SubjectNameID", raw.SubjectNameID, maxText)
	username := r.text("preferred_username", raw.PreferredUsername, maxText)
	if named != "" && username != "" && named != username {
		r.refuse(ReasonInvalidIdentity, "SubjectNameID and preferred_username differ")
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
		r.refuse(ReasonInvalidIdentity, fmt.Sprintf("more than %d exercices", maxItems))
		return nil
	}
	exercises := make([]Exercise, 0, len(raw))
	for _, e := range raw {
		exercises = append(exercises, Exercise{
			ProfessionCode:     r.text("codeProfession", e.ProfessionCode, maxText),
			ProfessionCategory: r.text("codeCategorieProfessionnelle", e.ProfessionCategory, maxText),
			CivilityCode:       r.text("codeCiviliteDexercice", e.CivilityCode, maxText),
			FamilyName:         r.text("nomDexercice", e.FamilyName, maxText),
			GivenName:          r.text("prenomDexercice", e.GivenName, maxText),
			SkillTypeCode:      r.text("codeTypeSavoirFaire", e.SkillTypeCode, maxText),
			SkillCode:          r.text("codeSavoirFaire", e.SkillCode, maxText),
			Activities:         r.activities(e.Activities),
		})
	}
	return exercises
}

func (r *reader) activities(raw []rawActivity) []Activity {
	if len(raw) > maxItems {
		r.refuse(ReasonInvalidIdentity, fmt.Sprintf("more than %d activities in an exercice", maxItems))
		return nil
	}
	activities := make([]Activity, 0, len(raw))
	for _, a := range raw {
		activities = append(activities, Activity{
			StructureTechnicalID: r.text("identifiantTechniqueDeLaStructure", a.TechnicalID, maxText),
			Name:                 firstOf(r.text("raisonSocialeSite", a.CorporateName, maxText), r.text("enseigneCommercialeSite", a.Sign, maxText)),
			FINESS:               r.text("numeroFinessSite", a.FINESS, maxText),
			LegalFINESS:          r.text("numeroFinessetablissementJuridique", a.LegalFINESS, maxText),
			SIRET:                r.text("numeroSiretSite", a.SIRET, maxText),
			SIREN:                r.text("numeroSirenSite", a.SIREN, maxText),
			AddressLines:         r.addressLines(a),
			PostalCode:           r.text("codePostal", a.PostalCode, maxText),
			PostOffice:           r.text("bureauCedex", a.PostOffice, maxText),
			CountryCode:          r.text("codePays", a.Country, maxText),
			PreviousStructureID:  r.text("ancienIdentifiantDeLaStructure", a.PreviousID, maxText),
			SectorCode:           r.text("codeSecteurDactivite", a.SectorCode, maxText),
			ModeCode:             r.text("codeModeExercice", a.ModeCode, maxText),
		})
	}
	return activities
}

// addressLines makes the lines of an address, without the empty ones. The street
// line is bounded as a whole.
func (r *reader) addressLines(a rawActivity) []string {
	street := strings.Join(strings.Fields(strings.Join([]string{
		r.text("numeroVoie", a.StreetNumber, maxText),
		r.text("indiceRepetitionVoie", a.StreetRepeat, maxText),
		r.text("codeTypeDeVoie", a.StreetType, maxText),
		r.text("libelleVoie", a.Street, maxText),
	}, " ")), " ")
	var lines []string
	for _, line := range []struct{ claim, value string }{
		{"complementDestinataire", a.Recipient},
		{"complementPointGeographique", a.Location},
		{"address", street},
		{"mentionDistribution", a.Distribution},
	} {
		if text := r.text(line.claim, line.value, maxText); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}
