package registry

import (
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Insured is what the referential of insured persons tells of someone beside Patient: what campaigns ask about.
// Any of it may not be told; the zero value of a field says so.
type Insured struct {
	Residence     Residence
	Establishment string // FINESS number of the establishment where they live
	Occupation    Occupation
	Workplace     Workplace
	Conditions    Conditions
	Comorbidities Comorbidities
	Scheme        string // «régime»: two digits
	Died          Date
}

// term is one value of a closed set: how files and stores write it, how a list shows it, and how a sentence says it.
type term struct{ code, label, phrase string }

// closedSet is the values that something may have: a table by number. A number is what databases keep: it is 1 or more, never given to another
// value, and a value that is no longer wanted stays.
type closedSet struct {
	terms  []term
	coded  map[string]int // by code, as files of millions of rows write it
	folded map[string]int // by code as people may write it
}

func closed(terms []term) closedSet {
	set := closedSet{terms, map[string]int{}, map[string]int{}}
	for n, t := range terms {
		if t.code != "" {
			set.coded[t.code], set.folded[foldCode(t.code)] = n, n
		}
	}
	return set
}

func foldCode(code string) string { return Fold(strings.ReplaceAll(code, "_", " ")) }

func termOf[T ~int](set closedSet, value T) term {
	if value < 1 || int(value) >= len(set.terms) {
		return term{}
	}
	return set.terms[value]
}

// parseTerm finds a value by its code, whatever its case, accents, and signs between words.
func parseTerm[T ~int](set closedSet, text string) (T, bool) {
	n, ok := set.coded[text]
	if !ok {
		n, ok = set.folded[foldCode(text)]
	}
	return T(n), ok
}

func allTerms[T ~int](set closedSet) []T {
	all := make([]T, 0, len(set.terms))
	for n := 1; n < len(set.terms); n++ {
		all = append(all, T(n))
	}
	return all
}

// Residence is the kind of place where someone lives; zero when it is not told.
type Residence int

// The kinds of residence.
const (
	ResidenceHome Residence = iota + 1
	ResidenceEHPAD
	ResidenceUSLD
	ResidenceOtherLongStay
	ResidenceAutonomy
	ResidenceServices
	ResidenceMAS
	ResidenceFAM
	ResidenceDisabledHostel
	ResidenceMigrantHostel
	ResidenceSocial
	ResidencePrison
	ResidencePsychiatric
	ResidenceStreet
)

var residenceTerms = closed([]term{
	ResidenceHome:           {"DOMICILE", "Domicile", "à domicile"},
	ResidenceEHPAD:          {"EHPAD", "EHPAD", "en EHPAD"},
	ResidenceUSLD:           {"USLD", "Unité de soins de longue durée (USLD)", "en unité de soins de longue durée (USLD)"},
	ResidenceOtherLongStay:  {"AUTRE_LONG_SEJOUR", "Autre établissement de long séjour", "dans un autre établissement de long séjour"},
	ResidenceAutonomy:       {"RESIDENCE_AUTONOMIE", "Résidence autonomie", "en résidence autonomie"},
	ResidenceServices:       {"RESIDENCE_SERVICES", "Résidence services", "en résidence services"},
	ResidenceMAS:            {"MAS", "Maison d’accueil spécialisée (MAS)", "en maison d’accueil spécialisée (MAS)"},
	ResidenceFAM:            {"FAM", "Foyer d’accueil médicalisé (FAM)", "en foyer d’accueil médicalisé (FAM)"},
	ResidenceDisabledHostel: {"FOYER_VIE", "Foyer non médicalisé pour personnes handicapées", "en foyer non médicalisé pour personnes handicapées"},
	ResidenceMigrantHostel:  {"FTM", "Foyer de travailleurs migrants (FTM)", "en foyer de travailleurs migrants (FTM)"},
	ResidenceSocial:         {"HEBERGEMENT_SOCIAL", "Centre d’hébergement social", "en centre d’hébergement social"},
	ResidencePrison:         {"PRISON", "Établissement pénitentiaire", "en établissement pénitentiaire"},
	ResidencePsychiatric:    {"PSYCHIATRIE", "Établissement psychiatrique", "en établissement psychiatrique"},
	ResidenceStreet:         {"RUE", "Sans logement stable (rue, habitat précaire)", "en habitat précaire (rue comprise)"},
})

// Residences are all kinds, by number.
func Residences() []Residence { return allTerms[Residence](residenceTerms) }

// ParseResidence reads a code.
func ParseResidence(code string) (Residence, bool) { return parseTerm[Residence](residenceTerms, code) }

// Code is how files write it.
func (r Residence) Code() string { return termOf(residenceTerms, r).code }

// Label is how a list shows it.
func (r Residence) Label() string { return termOf(residenceTerms, r).label }

// Occupation is the kind of work someone does («métier»); zero when it is not told. The profession of a practitioner
// is another thing, a code of TRE_G15.
type Occupation int

// The kinds of work that campaigns tell apart.
const (
	OccupationHealth Occupation = iota + 1
	OccupationMedicoSocial
	OccupationHomeCare
	OccupationMedicalTransport
	OccupationFirefighter
	OccupationEssential
)

var occupationTerms = closed([]term{
	OccupationHealth:           {"SANTE", "Professionnel de santé", "professionnels de santé"},
	OccupationMedicoSocial:     {"MEDICO_SOCIAL", "Professionnel du médico-social", "professionnels du médico-social"},
	OccupationHomeCare:         {"AIDE_DOMICILE", "Aide à domicile", "aides à domicile"},
	OccupationMedicalTransport: {"TRANSPORT_SANITAIRE", "Professionnel du transport sanitaire", "professionnels du transport sanitaire"},
	OccupationFirefighter:      {"POMPIER", "Sapeur-pompier", "sapeurs-pompiers"},
	OccupationEssential:        {"ESSENTIEL", "Travailleur d’un secteur essentiel", "travailleurs d’un secteur essentiel"},
})

// Occupations are all kinds, by number.
func Occupations() []Occupation { return allTerms[Occupation](occupationTerms) }

// ParseOccupation reads a code.
func ParseOccupation(code string) (Occupation, bool) {
	return parseTerm[Occupation](occupationTerms, code)
}

// Code is how files write it.
func (o Occupation) Code() string { return termOf(occupationTerms, o).code }

// Label is how a list shows it.
func (o Occupation) Label() string { return termOf(occupationTerms, o).label }

// Workplace is the kind of place where someone works; zero when it is not told. A PracticePlace is another thing, a
// structure of a practitioner.
type Workplace int

// The kinds of workplace that campaigns tell apart.
const (
	WorkplaceEHPAD Workplace = iota + 1
	WorkplaceUSLD
	WorkplaceOtherLongStay
	WorkplaceHealth
	WorkplaceMedicoSocial
	WorkplacePractice
	WorkplaceHomes
	WorkplaceClosed
	WorkplaceHostel
	WorkplacePrison
	WorkplacePsychiatric
)

var workplaceTerms = closed([]term{
	WorkplaceEHPAD:         {"EHPAD", "EHPAD", "en EHPAD"},
	WorkplaceUSLD:          {"USLD", "Unité de soins de longue durée (USLD)", "en unité de soins de longue durée (USLD)"},
	WorkplaceOtherLongStay: {"AUTRE_LONG_SEJOUR", "Autre établissement de long séjour", "dans un autre établissement de long séjour"},
	WorkplaceHealth:        {"ETABLISSEMENT_SANTE", "Établissement de santé", "en établissement de santé"},
	WorkplaceMedicoSocial:  {"MEDICO_SOCIAL", "Autre établissement médico-social", "dans un autre établissement médico-social"},
	WorkplacePractice:      {"CABINET", "En ville (cabinet, officine, laboratoire)", "en ville (cabinet, officine, laboratoire)"},
	WorkplaceHomes:         {"DOMICILE_PATIENTS", "Domicile des personnes accompagnées", "au domicile des personnes accompagnées"},
	WorkplaceClosed:        {"MILIEU_CLOS", "Milieu clos (abattoir, chantier, embarcation)", "en milieu clos (abattoir, chantier, embarcation)"},
	WorkplaceHostel:        {"HEBERGEMENT_COLLECTIF", "Foyer d’hébergement collectif", "en foyer d’hébergement collectif"},
	WorkplacePrison:        {"PRISON", "Établissement pénitentiaire", "en établissement pénitentiaire"},
	WorkplacePsychiatric:   {"PSYCHIATRIE", "Établissement psychiatrique", "en établissement psychiatrique"},
})

// Workplaces are all kinds, by number.
func Workplaces() []Workplace { return allTerms[Workplace](workplaceTerms) }

// ParseWorkplace reads a code.
func ParseWorkplace(code string) (Workplace, bool) { return parseTerm[Workplace](workplaceTerms, code) }

// Code is how files write it.
func (w Workplace) Code() string { return termOf(workplaceTerms, w).code }

// Label is how a list shows it.
func (w Workplace) Label() string { return termOf(workplaceTerms, w).label }

// ALD is a long-term condition («affection de longue durée») by its official number, 1 to 32.
type ALD int

// The names are those of article D. 160-4 of the Code de la sécurité sociale. The twelfth left that list in 2011 and
// whoever had it keeps it; 31 and 32 are the two ways in for what the list does not have.
var aldTerms = closed([]term{
	1:  {label: "accident vasculaire cérébral invalidant"},
	2:  {label: "insuffisances médullaires et autres cytopénies chroniques"},
	3:  {label: "artériopathies chroniques avec manifestations ischémiques"},
	4:  {label: "bilharziose compliquée"},
	5:  {label: "insuffisance cardiaque grave, troubles du rythme graves, cardiopathies valvulaires graves, cardiopathies congénitales graves"},
	6:  {label: "maladies chroniques actives du foie et cirrhoses"},
	7:  {label: "déficit immunitaire primitif grave nécessitant un traitement prolongé, infection par le virus de l’immunodéficience humaine (VIH)"},
	8:  {label: "diabète de type\u00a01 et diabète de type\u00a02"},
	9:  {label: "formes graves des affections neurologiques et musculaires (dont myopathie), épilepsie grave"},
	10: {label: "hémoglobinopathies, hémolyses, chroniques constitutionnelles et acquises sévères"},
	11: {label: "hémophilies et affections constitutionnelles de l’hémostase graves"},
	12: {label: "hypertension artérielle sévère"},
	13: {label: "maladie coronaire"},
	14: {label: "insuffisance respiratoire chronique grave"},
	15: {label: "maladie d’Alzheimer et autres démences"},
	16: {label: "maladie de Parkinson"},
	17: {label: "maladies métaboliques héréditaires nécessitant un traitement prolongé spécialisé"},
	18: {label: "mucoviscidose"},
	19: {label: "néphropathie chronique grave et syndrome néphrotique primitif"},
	20: {label: "paraplégie"},
	21: {label: "vascularites, lupus érythémateux systémique, sclérodermie systémique"},
	22: {label: "polyarthrite rhumatoïde évolutive"},
	23: {label: "affections psychiatriques de longue durée"},
	24: {label: "rectocolite hémorragique et maladie de Crohn évolutives"},
	25: {label: "sclérose en plaques"},
	26: {label: "scoliose idiopathique structurale évolutive (dont l’angle est égal ou supérieur à 25\u00a0degrés) jusqu’à maturation rachidienne"},
	27: {label: "spondylarthrite grave"},
	28: {label: "suites de transplantation d’organe"},
	29: {label: "tuberculose active, lèpre"},
	30: {label: "tumeur maligne, affection maligne du tissu lymphatique ou hématopoïétique"},
	31: {label: "affection hors liste"},
	32: {label: "polypathologie invalidante"},
})

// ALDs are all of them, by number.
func ALDs() []ALD { return allTerms[ALD](aldTerms) }

// Label is the official name, or nothing for a number that is none.
func (a ALD) Label() string { return termOf(aldTerms, a).label }

// String is how people name it: «ALD 8».
func (a ALD) String() string { return "ALD\u00a0" + strconv.Itoa(int(a)) }

// Conditions is a set of long-term conditions: ALD n is bit n−1.
type Conditions uint32

// ConditionsOf is the set of those given; a number that is none is left out.
func ConditionsOf(all ...ALD) (set Conditions) {
	for _, a := range all {
		if a.Label() != "" {
			set |= 1 << (a - 1)
		}
	}
	return set
}

// Has tells whether a is in the set.
func (c Conditions) Has(a ALD) bool { return a.Label() != "" && c&(1<<(a-1)) != 0 }

// All are those of the set, by number.
func (c Conditions) All() []ALD { return slices.Collect(members[ALD](uint64(c))) }

// Comorbidity is a condition that makes a severe form of Covid-19 likelier.
type Comorbidity int

// Some comorbidities by name; all are in the table below.
const (
	ComorbidityDiabetes     Comorbidity = 6
	ComorbidityObesity      Comorbidity = 14
	ComorbidityChemotherapy Comorbidity = 30
	ComorbidityTrisomy21    Comorbidity = 36
)

// The first 29 are the risk factors of a severe form as the HAS and the ministry listed them; the next, those of the
// COSV's list of very high risk (January 2021).
var comorbidityTerms = closed([]term{
	1:  {code: "HTA_COMPLIQUEE", label: "hypertension artérielle compliquée"},
	2:  {code: "AVC", label: "antécédent d’accident vasculaire cérébral"},
	3:  {code: "CORONAROPATHIE", label: "antécédent de coronaropathie"},
	4:  {code: "CHIRURGIE_CARDIAQUE", label: "antécédent de chirurgie cardiaque"},
	5:  {code: "INSUFFISANCE_CARDIAQUE", label: "insuffisance cardiaque"},
	6:  {code: "DIABETE", label: "diabète de type\u00a01 ou\u00a02"},
	7:  {code: "BPCO", label: "bronchopneumopathie chronique obstructive"},
	8:  {code: "INSUFFISANCE_RESPIRATOIRE", label: "insuffisance respiratoire"},
	9:  {code: "ASTHME_SEVERE", label: "asthme sévère"},
	10: {code: "FIBROSE_PULMONAIRE", label: "fibrose pulmonaire"},
	11: {code: "APNEES_SOMMEIL", label: "syndrome d’apnées du sommeil"},
	12: {code: "MUCOVISCIDOSE", label: "mucoviscidose"},
	13: {code: "INSUFFISANCE_RENALE", label: "insuffisance rénale chronique"},
	14: {code: "OBESITE", label: "obésité (indice de masse corporelle de 30 ou plus)"},
	15: {code: "CANCER", label: "cancer actif ou de moins de trois ans"},
	16: {code: "HEMOPATHIE_MALIGNE", label: "hémopathie maligne active ou de moins de trois ans"},
	17: {code: "CIRRHOSE", label: "cirrhose au stade B de Child-Pugh au moins"},
	18: {code: "IMMUNODEPRESSION", label: "immunodépression congénitale ou acquise"},
	19: {code: "VIH", label: "infection par le VIH non contrôlée"},
	20: {code: "DREPANOCYTOSE", label: "syndrome drépanocytaire majeur"},
	21: {code: "SPLENECTOMIE", label: "antécédent de splénectomie"},
	22: {code: "MOTONEURONE", label: "maladie du motoneurone"},
	23: {code: "MYASTHENIE", label: "myasthénie grave"},
	24: {code: "SCLEROSE_EN_PLAQUES", label: "sclérose en plaques"},
	25: {code: "PARKINSON", label: "maladie de Parkinson"},
	26: {code: "PARALYSIE_CEREBRALE", label: "paralysie cérébrale"},
	27: {code: "PLEGIE", label: "quadriplégie ou hémiplégie"},
	28: {code: "TUMEUR_CEREBRALE", label: "tumeur maligne primitive cérébrale"},
	29: {code: "MALADIE_CEREBELLEUSE", label: "maladie cérébelleuse progressive"},
	30: {code: "CHIMIOTHERAPIE", label: "cancer ou hémopathie maligne en cours de chimiothérapie"},
	31: {code: "RENALE_SEVERE", label: "maladie rénale chronique sévère ou dialyse"},
	32: {code: "GREFFE_ORGANE", label: "transplantation d’organe solide"},
	33: {code: "ALLOGREFFE", label: "allogreffe de cellules souches hématopoïétiques"},
	34: {code: "POLYPATHOLOGIE", label: "polypathologie avec au moins deux insuffisances d’organes"},
	35: {code: "MALADIE_RARE", label: "maladie rare de la liste du COSV"},
	36: {code: "TRISOMIE_21", label: "trisomie\u00a021"},
})

// VeryHighRisk are the comorbidities of the COSV's list («très haut risque»).
var VeryHighRisk = ComorbiditiesOf(ComorbidityChemotherapy, 31, 32, 33, 34, 35, ComorbidityTrisomy21)

// AllComorbidities are all of them, by number.
func AllComorbidities() []Comorbidity { return allTerms[Comorbidity](comorbidityTerms) }

// ParseComorbidity reads a code.
func ParseComorbidity(code string) (Comorbidity, bool) {
	return parseTerm[Comorbidity](comorbidityTerms, code)
}

// Code is how files write it.
func (c Comorbidity) Code() string { return termOf(comorbidityTerms, c).code }

// Label is how lists and sentences say it, or nothing for a number that is none.
func (c Comorbidity) Label() string { return termOf(comorbidityTerms, c).label }

// Comorbidities is a set: number n is bit n−1. None is over 63, so that a set is also a signed whole number of a
// database.
type Comorbidities uint64

// ComorbiditiesOf is the set of those given; a number that is none is left out.
func ComorbiditiesOf(all ...Comorbidity) (set Comorbidities) {
	for _, c := range all {
		if c.Label() != "" {
			set |= 1 << (c - 1)
		}
	}
	return set
}

// All are those of the set, by number.
func (c Comorbidities) All() []Comorbidity { return slices.Collect(members[Comorbidity](uint64(c))) }

// VeryHighRisk tells whether one of the set is of the COSV's list.
func (c Comorbidities) VeryHighRisk() bool { return c&VeryHighRisk != 0 }

// members goes over the numbers of a set.
func members[T ~int](set uint64) iter.Seq[T] {
	return func(yield func(T) bool) {
		for ; set != 0; set &= set - 1 {
			if !yield(T(bits.TrailingZeros64(set) + 1)) {
				return
			}
		}
	}
}
