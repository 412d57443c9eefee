package registry

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// The words of the access log, as screens and paper show them. What has none is shown as it is kept, so that an
// entry of a later version can still be read.

var actionLabels = map[Action]string{
	ActionSearchCode:         "Recherche par code de ciblage",
	ActionSearchNIR:          "Recherche par numéro de sécurité sociale",
	ActionRegister:           "Saisie d’un patient",
	ActionRead:               "Consultation du dossier",
	ActionReadDocument:       "Lecture d’une synthèse",
	ActionDeclareEligibility: "Déclaration d’éligibilité",
	ActionRecordFirstDose:    "1ère vaccination",
	ActionRecordSecondDose:   "2ème vaccination",
	ActionRectifyEligibility: "Modification de l’éligibilité",
	ActionRectifyFirstDose:   "Modification de la 1ère vaccination",
	ActionRectifySecondDose:  "Modification de la 2ème vaccination",
	ActionAnnulEligibility:   "Annulation de l’éligibilité",
	ActionAnnulFirstDose:     "Annulation de la 1ère vaccination",
	ActionAnnulSecondDose:    "Annulation de la 2ème vaccination",
	ActionReadObjection:      "Consultation d’une opposition",
	ActionObject:             "Enregistrement d’une opposition",
	ActionWithdrawObjection:  "Retrait d’une opposition",
	ActionLiftObjection:      "Levée d’une opposition par l’accord de la personne",
	ActionRestoreObjection:   "Rétablissement d’une opposition par une annulation",
	ActionReadOwnActs:        "Lecture de ses actes récents",
	ActionReport:             "Signalement d’un acte",
	ActionReadReports:        "Lecture des signalements",
	ActionCloseReport:        "Clôture d’un signalement",
	ActionReadLog:            "Lecture du journal des accès",
	ActionResolve:            "Identification d’un patient du journal",
	ActionDisclose:           "Réponse à une demande d’accès",
	ActionImportPersons:      "Import de personnes",
	ActionEndImportPersons:   "Fin d’un import de personnes",
	ActionImportReference:    "Import de référentiel",
	ActionReadCampaigns:      "Lecture des campagnes",
	ActionSaveCampaign:       "Écriture d’une campagne",
	ActionPrepareRun:         "Préparation d’un ciblage",
	ActionApproveRun:         "Approbation d’un ciblage",
	ActionDropRun:            "Abandon d’un ciblage",
	ActionCarryOutRun:        "Exécution d’un ciblage",
	ActionAskPage:            "Demande d’une page non autorisée",
	ActionReadMatches:        "Lecture des rapprochements douteux",
	ActionSamePerson:         "Rapprochement\u00a0: même personne",
	ActionTwoPersons:         "Rapprochement\u00a0: deux personnes",
	ActionAskLetters:         "Demande d’un envoi de lettres",
	ActionPrintLetters:       "Impression d’un envoi de lettres",
	ActionWriteLetters:       "Écriture d’un envoi de lettres dans un fichier",
	ActionDeliverLetters:     "Remise d’un envoi de lettres",
	ActionDropLetters:        "Abandon d’un envoi de lettres",

	ActionSignInPassword:      "Connexion par mot de passe",
	ActionSetPortalAccount:    "Création d’un compte du portail",
	ActionRemovePortalAccount: "Suppression d’un compte du portail",
	ActionRotateKey:           "Changement de clé des identités",
	ActionRetireKey:           "Retrait d’une clé des identités",
	ActionRetireLog:           "Suppression pour âge d’entrées du journal",
}

// LabelledActions are all actions that have a label, in the order of their labels.
func LabelledActions() []Action {
	return slices.SortedFunc(maps.Keys(actionLabels), func(a, b Action) int { return cmp.Compare(Fold(a.Label()), Fold(b.Label())) })
}

// Label is what was done or tried.
func (a Action) Label() string { return labelOf(actionLabels, a) }

var outcomeLabels = map[Outcome]string{
	OutcomeDone:      "Fait",
	OutcomeBegun:     "Commencé",
	OutcomeFound:     "Trouvé",
	OutcomeNothing:   "Rien trouvé",
	OutcomeRefused:   "Refusé",
	OutcomeMalformed: "Saisie impossible",
	OutcomeConflict:  "Impossible en l’état",
	OutcomeRepeated:  "Déjà fait",
	OutcomeThrottled: "Recherches suspendues",
}

// Label is how it ended.
func (o Outcome) Label() string { return labelOf(outcomeLabels, o) }

var channelLabels = map[Channel]string{
	ChannelMail:         "Courrier",
	ChannelPhone:        "Téléphone",
	ChannelEmail:        "Courriel",
	ChannelDesk:         "Guichet",
	ChannelAccount:      "Compte en ligne de l’assuré",
	ChannelPractitioner: "Professionnel de santé qui l’a transmise",
}

// Label names the channel.
func (c Channel) Label() string { return labelOf(channelLabels, c) }

var roleLabels = map[Role]string{
	RolePractitioner:   "Professionnel de santé",
	RoleSupport:        "Assistance",
	RoleCampaign:       "Responsable de campagne",
	RoleReferential:    "Gestionnaire des référentiels",
	RoleDataProtection: "Protection des données",
	RoleStatistics:     "Lecteur des statistiques",
	RoleSystem:         "Exploitant",
}

// Label names the role.
func (r Role) Label() string { return labelOf(roleLabels, r) }

var doorLabels = map[Door]string{
	DoorPSC:      "Pro Santé Connect",
	DoorCPS:      "carte CPS",
	DoorPassword: "mot de passe du portail",
	DoorAgents:   "espace des agents",
	DoorCommand:  "commande d’exploitation",
}

// Label names the way in.
func (d Door) Label() string { return labelOf(doorLabels, d) }

func labelOf[T ~string](labels map[T]string, value T) string {
	if label, ok := labels[value]; ok {
		return label
	}
	return string(value)
}

// FrenchNumber writes a whole number from 0 on as French does, with a narrow space between thousands.
func FrenchNumber(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "\u202f" + text[at:]
	}
	return text
}

// Counted puts a number before what it counts; French takes the plural from two on.
func Counted(n int, one, many string) string {
	if n < 2 {
		many = one
	}
	return FrenchNumber(n) + "\u00a0" + many
}
