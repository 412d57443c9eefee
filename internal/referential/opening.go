package referential

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vaccin/internal/registry"
)

// Whether a vaccination centre receives those who are invited, and from which day. The file of January 2021 says it in words that
// someone typed («Réservé aux professionnels de santé», «ouvert aux + de 75 ans le 18 janvier»). In doubt the answer is no: a letter
// that lists one place less sends nobody to a closed door.

var (
	webAddress = regexp.MustCompile(`\S+://\S+|www\.\S+`)

	// namesOnly are names of places and of who runs them, in which «professionnel» says nothing of for whom they are.
	namesOnly = regexp.MustCompile(`\b(lycee|ecole|enseignement|formation) professionnel(le)?s?\b|\bcentre professionnel de formation\b` +
		`|\bpluri professionnel(le)?s?\b|\bcommunautes? professionnelles? territoriales?\b`)
	// ofOthers speaks of the public and of the aged without saying that they are received.
	ofOthers = regexp.MustCompile(`\b(hopital|hospitalier|etablissement|service|secteur)s? public\b` +
		`|\bpublics? (et|ou) prives?\b|\bprives? (et|ou) publics?\b|\b(recevant|accueillant|contact|face) (du|le|avec le|au) public\b` +
		`|\b(etablissement|hebergement|residence|maison|foyer|service|aide|soin)s? (pour|aux|des|de|a) (les )?personnes agees\b`)

	forSome = regexp.MustCompile(`\b(professionn?el|personnels?\b|soignant|salarie|libera(l|les?|ux)\b|ps\b)` +
		`|\b(reservee?s? (aux?|a|pour|uniquement|exclusivement)\b)`)
	// forEverybody wants an age said of persons or of nobody: that of professionals («soignants de 65 ans et plus») invites no one else.
	forEverybody = regexp.MustCompile(`\b(public\b|tous publics|population|personnes? ag)` +
		`|(^|\b(personnes?|ouvert|ouverte|ouverture|aux?|les)\b)( (plus|ages|agees|entre|de|d))*` +
		`( ?(65|70|75|80)( ?ans|\+|$)| ?[+>] ?(de )?(65|70|75|80)\b)`)

	doubtful = regexp.MustCompile(`sous reserve|en attente|a confirmer|prochain|ulterieur|bientot|orienter vers|\bnon definie?s?\b` +
		`|\b(en|courant|debut|mi|mois de|partir de|partir d|des) (janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)\b` +
		`|\b(non|pas) (encore )?(ouvert|accessible|destine)|\b(pas|hors|sauf|sans|interdit) ((le|de|du|au) )?public\b` +
		`|\bferme(e|s|es)? (au public|definitivement|temporairement|provisoirement|jusqu|depuis|a partir|a compter|pour)` +
		`|\bcentre (est )?(actuellement )?ferme\b|^\W*fermee?s?\W*$|\bfermeture (definitive|temporaire|provisoire|du|le|depuis|a partir|a compter)\b`)

	numberedDay = regexp.MustCompile(`\b(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?\b`)
	namedDay    = regexp.MustCompile(`\b(\d{1,2}|fin)(?:er)?\s+(janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre)\b(?:\s+(\d{4}))?`)
	monthNames  = strings.Split("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre", " ")
)

// opening tells, of the name of a centre and of what is said of its appointments, whether those who are invited are received, and
// from which day: the latest that is told, zero for none. Days without a year are those nearest to the day on which it was said.
func opening(name, text string, said registry.Date) (public bool, from registry.Date) {
	text = webAddress.ReplaceAllString(strings.ToLower(text), " ")
	folded, foldedName := registry.Fold(text), registry.Fold(name)
	closed := strings.Contains(strings.ToLower(name), "fermé") // with its accent: «ferme» is a farm
	if closed || doubtful.MatchString(foldedName) || doubtful.MatchString(folded) {
		return false, registry.Date{}
	}
	reserved := forSome.MatchString(namesOnly.ReplaceAllString(foldedName, " ") + " " + folded)
	if reserved && !forEverybody.MatchString(ofOthers.ReplaceAllString(folded, " ")) {
		return false, registry.Date{}
	}
	for _, d := range daysIn(text) {
		day, ok := d.near(said)
		if !ok {
			return false, registry.Date{}
		}
		if day.After(from) {
			from = day
		}
	}
	return true, from
}

// saidDay is a day as it is said, without year or with it. Day 0 is the last of the month.
type saidDay struct{ day, month, year int }

// daysIn are the days that a text in small letters tells. What only looks like one is none: hours as «9:00/16:00».
func daysIn(text string) (all []saidDay) {
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits) // of digits, or 0 for none
		return n
	}
	for _, m := range numberedDay.FindAllStringSubmatch(text, -1) {
		d := saidDay{number(m[1]), number(m[2]), number(m[3])}
		if len(m[3]) == 2 {
			d.year += 2000
		}
		if d.day >= 1 && d.day <= 31 && d.month >= 1 && d.month <= 12 {
			all = append(all, d)
		}
	}
	for _, m := range namedDay.FindAllStringSubmatch(text, -1) {
		d := saidDay{number(m[1]), 0, number(m[3])}
		for i, name := range monthNames {
			if registry.Fold(m[2]) == name {
				d.month = i + 1
			}
		}
		if d.day >= 1 && d.day <= 31 || m[1] == "fin" {
			all = append(all, d)
		}
	}
	return all
}

// near is the day in its year, or in the year that brings it nearest to another day; none is not ok. «29 février» said in January 2021 is
// not that of the year before: the nearest one does not exist, and nobody can tell which was meant.
func (d saidDay) near(said registry.Date) (registry.Date, bool) {
	if d.year != 0 {
		return d.in(d.year)
	}
	if said.IsZero() {
		return registry.Date{}, false
	}
	nearest, least := 0, math.MaxInt
	for year := said.Year - 1; year <= said.Year+1; year++ {
		about := registry.DateOf(time.Date(year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)) // 1 March where there is no 29 February
		if away := max(about.DaysSince(said), said.DaysSince(about)); away < least {
			nearest, least = year, away
		}
	}
	return d.in(nearest)
}

func (d saidDay) in(year int) (registry.Date, bool) {
	if d.day == 0 {
		return registry.DateOf(time.Date(year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC)), true
	}
	day, err := registry.NewDate(year, time.Month(d.month), d.day)
	return day, err == nil
}
