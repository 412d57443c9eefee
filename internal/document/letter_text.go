package document

// The sentences of the letter. They are read by people of 75 and more, and heard: short, plain, and official where
// the law is told.
const (
	letterTitle     = "Votre vaccination contre la Covid-19"
	letterSenders   = "L’Assurance Maladie\u00A0– Direction générale de la santé"
	salutation      = "Madame, Monsieur,"
	letterFree      = "Elle protège des formes graves de la maladie. Elle est gratuite. Elle n’est pas obligatoire : c’est vous qui décidez. Si vous hésitez, parlez-en à votre médecin ou à votre pharmacien."
	letterCodeTitle = "Votre code personnel"
	letterCodeUse   = "Ce code permet au professionnel de santé de retrouver votre dossier. Il est personnel : ne le donnez à personne d’autre."
	letterCodeSpelt = "Pour le dicter :"
	letterBarcodes  = "Codes-barres (Code 128 et DataMatrix) du code personnel"

	letterStepsTitle  = "Pour vous faire vacciner"
	letterAtHome      = "Si vous ne pouvez pas vous déplacer, parlez-en à votre médecin traitant."
	letterPlacesTitle = "Où aller ?"

	letterStarted = "Si votre vaccination a déjà commencé, vous n’avez rien à faire. Si cette lettre est adressée à une personne décédée, " +
		"nous présentons nos excuses et nos condoléances à ses proches."
	letterClosing   = "Avec nos salutations distinguées."
	letterSignature = "L’Assurance Maladie et la Direction générale de la santé"

	noticeTitle = "Vos données personnelles et vos droits"
	noticeFacts = "La Caisse nationale de l’assurance maladie (Cnam) et la Direction générale de la santé (DGS) sont responsables du traitement " +
		"« Vaccin Covid ». Il sert à identifier et à inviter les personnes à vacciner, à organiser leur vaccination et à en assurer le suivi, " +
		"à surveiller les effets indésirables et à prévenir d’un risque nouveau, à rémunérer les professionnels de santé, et à établir des " +
		"statistiques et des recherches. Il repose sur une mission d’intérêt public (décret n°\u00A02020-1690 du 25\u00A0décembre\u00A02020). " +
		"Vos nom et adresse proviennent des fichiers de l’Assurance Maladie. Ont accès à vos données, pour ce qui leur est nécessaire : les " +
		"professionnels de santé qui vous prennent en charge et les personnes placées sous leur responsabilité, votre médecin traitant, et les " +
		"agents habilités de l’Assurance Maladie. Santé publique France, la Plateforme des données de santé et la Drees ne reçoivent que des " +
		"données pseudonymisées, sans votre nom. Les données sont conservées dix ans, puis vingt ans dans une base séparée, à seule fin de vous " +
		"informer d’un risque nouveau."
	noticeRights = "Vous pouvez demander à consulter vos données, à les faire rectifier et à en limiter l’usage. Vous pouvez vous opposer à ce traitement "
	noticeHow    = ". Pour exercer ces droits, "
	noticeCNIL   = ". Si vous estimez qu’ils ne sont pas respectés, vous pouvez adresser une réclamation à la Cnil : 3\u00A0place de Fontenoy, " +
		"TSA\u00A080715, 75334\u00A0Paris Cedex\u00A007, ou cnil.fr."
)

var letterSteps = []string{
	"1. Prenez rendez-vous dans un lieu de vaccination (voir « Où aller ? »).",
	"2. Le jour du rendez-vous, apportez cette lettre et votre carte Vitale.",
	"3. Avant l’injection, un professionnel de santé répond à vos questions, vérifie avec vous que vous pouvez recevoir le vaccin et recueille votre accord.",
}

// opening says since when the person may come, and in which campaign.
func (b Batch) opening() string {
	from := "à partir du"
	if b.Opens.Before(b.Date) {
		from = "depuis le"
	}
	return "La vaccination contre la Covid-19 vous est ouverte " + from + " " + b.Opens.FrenchLong() + " (campagne « " + b.Campaign + " »). " + letterFree
}

// ask says whom to ask: what the settings hold of a website and a telephone number.
func (b Batch) ask() string {
	switch t := b.Texts; {
	case t.Website != "" && t.Phone != "":
		return "consultez " + t.Website + " ou appelez le " + t.Phone
	case t.Website != "":
		return "consultez " + t.Website
	case t.Phone != "":
		return "appelez le " + t.Phone
	}
	return "adressez-vous à votre médecin ou à votre pharmacien"
}

// appointment says how to find a place and to book, with places listed above or with none.
func (b Batch) appointment(listed bool) string {
	if listed {
		return "Pour prendre rendez-vous ou trouver un autre lieu, " + b.ask() + "."
	}
	return "Pour trouver un lieu de vaccination près de chez vous et prendre rendez-vous, " + b.ask() + "."
}

func (b Batch) rights() string {
	until, how := b.Texts.ObjectionUntil, b.Texts.Rights
	if until == "" {
		until = ObjectionUntilAgreement
	}
	if how == "" {
		how = RightsAtTheFund
	}
	return noticeRights + until + noticeHow + how + noticeCNIL
}
