package pscsim

// authMode says how the person identified: with their card.
const authMode = "CARD"

// claims is userinfo in Pro Santé Connect's own names and nesting.
type claims struct {
	Subject                string    `json:"sub"`
	PreferredUsername      string    `json:"preferred_username"`
	SubjectNameID          string    `json:"SubjectNameID"`
	GivenName              string    `json:"given_name"`
	FamilyName             string    `json:"family_name"`
	Civility               string    `json:"codeCivilite,omitempty"`
	UITVersion             string    `json:"UITVersion"`
	AuthMode               string    `json:"authMode"`
	Sector                 string    `json:"Secteur_Activite,omitempty"`
	SubjectOrganization    string    `json:"SubjectOrganization,omitempty"`
	SubjectOrganizationID  string    `json:"SubjectOrganizationID,omitempty"`
	SubjectRole            []string  `json:"SubjectRole,omitempty"`
	Locale                 string    `json:"PSI_Locale"`
	AccessReason           string    `json:"Mode_Acces_Raison"`
	MedicalRegulation      string    `json:"Acces_Regulation_Medicale"`
	AuthenticationStrength string    `json:"Palier_Authentification"`
	OtherIDs               []otherID `json:"otherIds"`
	SubjectRefPro          *refPro   `json:"SubjectRefPro,omitempty"`
}

type otherID struct {
	ID      string `json:"identifiant"`
	Origin  string `json:"origine"`
	Quality int    `json:"qualite"`
}

type refPro struct {
	Civility  string     `json:"codeCivilite,omitempty"`
	Exercises []Exercise `json:"exercices"`
}

// claims describes the account as Pro Santé Connect would.
func (a Account) claims() claims {
	described := claims{
		Subject:                a.Subject(),
		PreferredUsername:      a.NationalID,
		SubjectNameID:          a.NationalID,
		GivenName:              a.GivenName,
		FamilyName:             a.FamilyName,
		UITVersion:             "1.0",
		AuthMode:               authMode,
		Locale:                 "1.2.250.1.213.1.3.1.1",
		MedicalRegulation:      "FAUX",
		AuthenticationStrength: "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
		OtherIDs:               []otherID{{ID: a.NationalID, Origin: "RPPS", Quality: 1}},
	}
	if a.CivilityAtTop {
		described.Civility = a.Civility
	}
	if a.WithoutRefPro {
		return described
	}
	described.SubjectRefPro = &refPro{Exercises: a.Exercises}
	if !a.CivilityAtTop {
		described.SubjectRefPro.Civility = a.Civility
	}
	for _, exercise := range a.Exercises {
		described.SubjectRole = append(described.SubjectRole, exercise.ProfessionCode+"^1.2.250.1.213.1.1.5.5")
	}
	if places := a.activities(); len(places) > 0 {
		described.SubjectOrganization = places[0].Name
		described.SubjectOrganizationID = places[0].TechnicalID
		if places[0].SectorCode != "" {
			described.Sector = places[0].SectorCode + "^1.2.250.1.71.4.2.4"
		}
	}
	return described
}

func (a Account) activities() []Activity {
	var activities []Activity
	for _, exercise := range a.Exercises {
		activities = append(activities, exercise.Activities...)
	}
	return activities
}
