package document

import (
	"strings"
	"unicode/utf8"
)

// routed writes the last line of an address, a postal code and a town in capitals, with the name under which La Poste routes letters to that
// town (« libellé d’acheminement ») instead of the one that the town bears. It does so by rules, which change no name that La Poste gives, so that what
// a batch printed once does not depend on the list of localities of the day. What no rule tells stays: the postal code is right, and
// La Poste knows the name as that of a hamlet or of a former commune.
func routed(line string) string {
	code, town, ok := strings.Cut(line, " ")
	if !ok {
		return line
	}
	town = shortSaints(withoutDistrict(code, town))
	line = code + " " + town
	if utf8.RuneCountInString(line) > addressWidth {
		if short, ok := shortTowns[town]; ok {
			return code + " " + short
		}
	}
	return line
}

// cities are those which have a postal code, or two, for each of their arrondissements, by its beginning.
var cities = map[string]string{"PARIS": "75", "LYON": "69", "MARSEILLE": "13"}

// withoutDistrict is the city alone of an arrondissement that its postal code tells already: 69003 is that of the third of Lyon. Any other
// stays, for one of both is wrong, and whoever delivers the letter has to know.
func withoutDistrict(code, town string) string {
	city, rest, ok := strings.Cut(town, " ")
	department := cities[city]
	if !ok || department == "" {
		return town
	}
	words := strings.Fields(rest)
	if last := len(words) - 1; last > 0 && isDistrict(words[last]) { // «LYON ARRONDISSEMENT» is none
		words = words[:last]
	}
	number := strings.Join(words, "")
	digits := strings.TrimRight(number, "EMR") // 1ER, 3E, 3EME
	if len(digits) == 1 {
		digits = "0" + digits
	}
	told := code == department+"0"+digits || code == "75116" && digits == "16"
	if !isOrdinal(number) || !told {
		return town
	}
	return city
}

func isDistrict(word string) bool {
	switch word {
	case "ARRONDISSEMENT", "ARRONDT", "ARRDT", "ARDT", "ARRT", "ARR":
		return true
	}
	return false
}

// isOrdinal tells whether a text is a number, as 3, 1ER, 3E or 3EME.
func isOrdinal(text string) bool {
	digits := strings.TrimRight(text, "EMR")
	switch text[len(digits):] {
	case "", "E", "ER", "EME":
		return digits != "" && strings.Trim(digits, "0123456789") == ""
	}
	return false
}

// shortSaints shortens a saint, but not one who ends the name of a town, as in LE SAINT, nor several.
func shortSaints(town string) string {
	if !strings.Contains(town, "SAINT") {
		return town
	}
	words := strings.Fields(town)
	for i, word := range words[:len(words)-1] {
		switch word {
		case "SAINT":
			words[i] = "ST"
		case "SAINTE":
			words[i] = "STE"
		}
	}
	return strings.Join(words, " ")
}

// shortTowns are towns with which a line has more characters than the norm has room for, as La Poste shortens them (edition of January 2022;
// the fourth is a former commune, which it lists under that name).
var shortTowns = map[string]string{
	"ST LAURENT LES BAINS LAVAL D AURELLE":      "ST LAURENT BAINS LAVAL D AURELLE",
	"ESCUEILLENS ET ST JUST DE BELENGARD":       "ESCUEILLENS ET ST JUST",
	"ST MARTIN DE BIENFAITE LA CRESSONNIERE":    "ST MARTIN BIENFAITE CRESSONNIERE",
	"ST GERMAIN DE TALLEVENDE LA LANDE VAUMONT": "ST GERMAIN DE TALLEVENDE",
	"MONTIGNY MORNAY VILLENEUVE SUR VINGEANNE":  "MONTIGNY MORNAY VILLENEUVE VINGE",
	"BONNEVILLE ET ST AVIT DE FUMADIERES":       "BONNEVILLE ST AVIT DE FUMADIERES",
	"JAVERLHAC ET LA CHAPELLE ST ROBERT":        "JAVERLHAC LA CHAPELLE ST ROBERT",
	"LA VACQUERIE ET ST MARTIN DE CASTRIES":     "LA VACQUERIE ST MARTIN CASTRIES",
	"VILLENEUVE ST VISTRE ET VILLEVOTTE":        "VILLENEUVE ST VISTRE VILLEVOTTE",
	"ST REMY EN BOUZEMONT ST GENEST ET ISSON":   "ST REMY EN BOUZEMONT ST GENEST",
	"CASTILLON CANTON D ARTHEZ DE BEARN":        "CASTILLON D ARTHEZ",
	"ANGOUSTRINE VILLENEUVE DES ESCALDES":       "ANGOUSTRINE VILLENEUVE ESCALDES",
	"SALLES ARBUISSONNAS EN BEAUJOLAIS":         "SALLES ARBUISSONNAS BEAUJOLAIS",
	"BEAUJEU ST VALLIER PIERREJUX ET QUITTEUR":  "BEAUJEU ET QUITTEUR",
	"ROCHE SUR LINOTTE ET SORANS LES CORDIERS":  "ROCHE LINOTTE ET SORANS CORDIERS",
	"LA VILLENEUVE BELLENOYE ET LA MAIZE":       "LA VILLENEUVE BELLENOYE LA MAIZE",
	"CREVANS ET LA CHAPELLE LES GRANGES":        "CREVANS LA CHAPELLE LES GRANGES",
	"VILLERS CHEMIN ET MONT LES ETRELLES":       "VILLERS CHEMIN MONT LES ETRELLES",
	"FONTENILLE ST MARTIN D ENTRAIGUES":         "FONTENILLE ST MARTIN ENTRAIGUES",
	"ST QUENTIN LA MOTTE CROIX AU BAILLY":       "ST QUENTIN LA MOTTE CROIX BAILLY",
}
