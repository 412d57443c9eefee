package pscsim

// Account is one invented professional. Numbers of practitioners are in the
// test range 99700…, with a true check digit; establishments have a letter in
// their FINESS number, so that neither can be a real one.
type Account struct {
	Key        string // for login_hint and the login form, e.g. "dr-un-lieu"
	Label      string // French, what the account is good for
	NationalID string // "8" + RPPS
	FamilyName string
	GivenName  string
	Civility   string // "M" or "MME"
	// CivilityAtTop puts codeCivilite at the top of userinfo instead of inside
	// SubjectRefPro: both are seen in the wild.
	CivilityAtTop bool
	WithoutRefPro bool // no SubjectRefPro at all
	Exercises     []Exercise
}

// Exercise and Activity are written as Pro Santé Connect writes them.
type Exercise struct {
	ProfessionCode     string     `json:"codeProfession"`
	ProfessionCategory string     `json:"codeCategorieProfessionnelle"`
	CivilityCode       string     `json:"codeCiviliteDexercice,omitempty"`
	FamilyName         string     `json:"nomDexercice"`
	GivenName          string     `json:"prenomDexercice"`
	SkillTypeCode      string     `json:"codeTypeSavoirFaire,omitempty"`
	SkillCode          string     `json:"codeSavoirFaire,omitempty"`
	Activities         []Activity `json:"activities,omitempty"`
}

// Activity is one place of practice.
type Activity struct {
	ModeCode     string `json:"codeModeExercice"`
	SectorCode   string `json:"codeSecteurDactivite,omitempty"` // only those seen in a real userinfo
	FINESS       string `json:"numeroFinessSite,omitempty"`
	LegalFINESS  string `json:"numeroFinessetablissementJuridique,omitempty"`
	TechnicalID  string `json:"identifiantTechniqueDeLaStructure"`
	Name         string `json:"raisonSocialeSite"`
	StreetNumber string `json:"numeroVoie,omitempty"`
	StreetType   string `json:"codeTypeDeVoie,omitempty"`
	Street       string `json:"libelleVoie,omitempty"`
	PostOffice   string `json:"bureauCedex,omitempty"`
	PostalCode   string `json:"codePostal,omitempty"`
	Country      string `json:"codePays,omitempty"`
	// PreviousID is ancienIdentifiantDeLaStructure: "4" + RPPS + rank for a
	// private practice, "1" + FINESS for an establishment.
	PreviousID string `json:"ancienIdentifiantDeLaStructure"`
	Authority  string `json:"autoriteDenregistrement"`
}

// Subject is the account's sub, in the form Keycloak gives it.
func (a Account) Subject() string {
	return "f:7c1e4b52-0000-4000-8000-0000000000de:" + a.NationalID
}

// DisplayName is the name to show, "Hélène MARCHAND".
func (a Account) DisplayName() string { return a.GivenName + " " + a.FamilyName }

// Accounts returns the accounts in the order of the login page. The slice and
// what it holds are the caller's own.
func Accounts() []Account {
	return []Account{
		onePlaceDoctor(), twoPlacesDoctor(), careHomeDoctor(), placelessDoctor(), nurse(), pharmacist(),
		repeatedDoctor(), withoutRefPro(), overseasDoctor(), doctorAndPharmacist(),
	}
}

// doctor gives an account one exercise of general medicine with these places.
func (a Account) doctor(activities ...Activity) Account {
	a.Exercises = append(a.Exercises, Exercise{
		ProfessionCode: "10", ProfessionCategory: "C", CivilityCode: "DR",
		FamilyName: a.FamilyName, GivenName: a.GivenName,
		SkillTypeCode: "S", SkillCode: "SM26", Activities: activities,
	})
	return a
}

// practice is a private practice of the account's holder, of rank 1.
func (a Account) practice(technicalID, name, number, streetType, street, postalCode, town string) Activity {
	return Activity{
		ModeCode: "L", SectorCode: "SA07", TechnicalID: technicalID, Name: name,
		StreetNumber: number, StreetType: streetType, Street: street,
		PostOffice: postalCode + " " + town, PostalCode: postalCode, Country: "99000",
		PreviousID: "4" + a.NationalID[1:] + "001", Authority: "CNOM/CNOM/CNOM",
	}
}

// careHome is the EHPAD where two of the doctors meet.
func careHome(mode string) Activity {
	return Activity{
		ModeCode: mode, FINESS: "93B000017", LegalFINESS: "93C000016",
		TechnicalID: "F93B000017", Name: "EHPAD Les Glycines",
		StreetNumber: "12", StreetType: "AV", Street: "DES GLYCINES",
		PostOffice: "93200 SAINT-DENIS", PostalCode: "93200", Country: "99000",
		PreviousID: "193B000017", Authority: "CNOM/CNOM/ARS",
	}
}

func onePlaceDoctor() Account {
	a := Account{
		Key: "dr-un-lieu", Label: "Médecin, un lieu d’exercice\u00a0: cabinet à Lyon",
		NationalID: "899700810379", FamilyName: "MARCHAND", GivenName: "Hélène", Civility: "MME",
	}
	return a.doctor(a.practice("R900101", "Cabinet médical des Tilleuls", "8", "R", "DES TILLEULS", "69003", "LYON"))
}

func twoPlacesDoctor() Account {
	a := Account{
		Key: "dr-deux-lieux", Label: "Médecin, deux lieux d’exercice\u00a0: cabinet et EHPAD à Saint-Denis",
		NationalID: "899700810742", FamilyName: "LEGRAND-ROUX", GivenName: "Antoine", Civility: "M",
	}
	return a.doctor(
		a.practice("R900102", "Cabinet médical de la Fontaine", "3", "PL", "DE LA FONTAINE", "93200", "SAINT-DENIS"),
		careHome("S"),
	)
}

func careHomeDoctor() Account {
	a := Account{
		Key: "dr-ehpad", Label: "Médecin salariée du même EHPAD, un lieu d’exercice",
		NationalID: "899700811112", FamilyName: "BENALI", GivenName: "Nadia", Civility: "MME",
	}
	return a.doctor(careHome("S"))
}

func placelessDoctor() Account {
	a := Account{
		Key: "dr-sans-lieu", Label: "Médecin sans lieu d’exercice\u00a0: l’accès est refusé",
		NationalID: "899700811484", FamilyName: "FABRE", GivenName: "Julien", Civility: "M",
	}
	return a.doctor()
}

func nurse() Account {
	a := Account{
		Key: "infirmiere", Label: "Infirmière, un lieu d’exercice à Marseille\u00a0: profession pas encore autorisée",
		NationalID: "899700811856", FamilyName: "MOREAU", GivenName: "Claire", Civility: "MME", CivilityAtTop: true,
	}
	place := a.practice("R900105", "Cabinet infirmier du Port", "21", "QU", "DU PORT", "13002", "MARSEILLE")
	place.Authority = "CNOI/CNOI/CNOI"
	a.Exercises = []Exercise{{
		ProfessionCode: "60", ProfessionCategory: "C",
		FamilyName: a.FamilyName, GivenName: a.GivenName, Activities: []Activity{place},
	}}
	return a
}

func pharmacist() Account {
	a := Account{
		Key: "pharmacienne", Label: "Pharmacienne, une officine à Nantes\u00a0: profession pas encore autorisée",
		NationalID: "899700813704", FamilyName: "LE GOFF", GivenName: "Anne", Civility: "MME", CivilityAtTop: true,
	}
	place := a.practice("R900111", "Pharmacie du Bouffay", "3", "PL", "DU BOUFFAY", "44000", "NANTES")
	place.Authority = "CNOP/CNOP/CNOP"
	a.Exercises = []Exercise{{
		ProfessionCode: "21", ProfessionCategory: "C", CivilityCode: "DR",
		FamilyName: a.FamilyName, GivenName: a.GivenName, Activities: []Activity{place},
	}}
	return a
}

func repeatedDoctor() Account {
	a := Account{
		Key: "dr-doublon", Label: "Médecin dont l’exercice et l’activité sont répétés\u00a0: un seul lieu doit rester",
		NationalID: "899700812227", FamilyName: "GÉRAUD", GivenName: "Étienne", Civility: "M",
	}
	place := a.practice("R900106", "Maison de santé du Moulin", "5", "CHE", "DU MOULIN", "59800", "LILLE")
	return a.doctor(place, place).doctor(place)
}

func withoutRefPro() Account {
	return Account{
		Key: "sans-refpro", Label: "Compte sans description professionnelle (SubjectRefPro)\u00a0: l’accès est refusé",
		NationalID: "899700812599", FamilyName: "VASSEUR", GivenName: "Sophie", Civility: "MME", CivilityAtTop: true,
		WithoutRefPro: true,
	}
}

func overseasDoctor() Account {
	a := Account{
		Key: "dr-reunion", Label: "Médecin à La Réunion, un lieu d’exercice (autre fuseau horaire)",
		NationalID: "899700812961", FamilyName: "PAYET", GivenName: "Marie-Ange", Civility: "MME", CivilityAtTop: true,
	}
	return a.doctor(a.practice("R900108", "Cabinet médical du Barachois", "17", "R", "DU BARACHOIS", "97400", "SAINT-DENIS"))
}

func doctorAndPharmacist() Account {
	a := Account{
		Key: "dr-pharmacien", Label: "Médecin et pharmacien\u00a0: seul le lieu du médecin est autorisé",
		NationalID: "899700813332", FamilyName: "KELLER", GivenName: "Paul", Civility: "M",
	}
	pharmacy := a.practice("R900110", "Pharmacie Sainte-Catherine", "44", "R", "SAINTE-CATHERINE", "33000", "BORDEAUX")
	pharmacy.SectorCode, pharmacy.PreviousID, pharmacy.Authority = "", "4"+a.NationalID[1:]+"002", "CNOP/CNOP/CNOP"
	a = a.doctor(a.practice("R900109", "Cabinet médical des Quinconces", "2", "ALL", "DES QUINCONCES", "33000", "BORDEAUX"))
	a.Exercises = append(a.Exercises, Exercise{
		ProfessionCode: "21", ProfessionCategory: "C", CivilityCode: "DR",
		FamilyName: a.FamilyName, GivenName: a.GivenName, Activities: []Activity{pharmacy},
	})
	return a
}
