package targeting

import (
	"time"

	"vaccin/internal/registry"
)

// day is a date as files write them: perhaps lunar, which is no day of the calendar. As a number, AAAAMMJJ, days are
// compared.
type day int

func dayOf(d registry.Date) day { return day(d.Year*10000 + int(d.Month)*100 + d.Day) }

func (d day) year() int  { return int(d) / 10000 }
func (d day) month() int { return int(d) / 100 % 100 }
func (d day) of() int    { return int(d) % 100 }

// lunar tells whether the day or the month is not one of the calendar, without asking how many days a month has.
func (d day) lunar() bool { return d.month() < 1 || d.month() > 12 || d.of() < 1 }

// tooMany tells whether the month has fewer days.
func (d day) tooMany() bool {
	switch {
	case d.of() <= 28:
		return false
	case d.month() == 2:
		leap := d.year()%4 == 0 && (d.year()%100 != 0 || d.year()%400 == 0)
		return d.of() > 29 || !leap
	case d.of() == 31:
		return d.month() == 4 || d.month() == 6 || d.month() == 9 || d.month() == 11
	}
	return d.of() > 31
}

// readDay reads AAAAMMJJ, AAAA-MM-JJ or JJ/MM/AAAA, and asks nothing of the calendar.
func readDay(text string) (day, bool) {
	switch {
	case len(text) == 8 && digits(text):
		return day(number(text)), true
	case len(text) != 10:
	case text[4] == '-' && text[7] == '-' && digits(text[:4]) && digits(text[5:7]) && digits(text[8:]):
		return day(number(text[:4])*10000 + number(text[5:7])*100 + number(text[8:])), true
	case text[2] == '/' && text[5] == '/' && digits(text[:2]) && digits(text[3:5]) && digits(text[6:]):
		return day(number(text[6:])*10000 + number(text[3:5])*100 + number(text[:2])), true
	}
	return 0, false
}

// firstYear is the first year of a birth, as registry.ParseBirthDate has it.
const firstYear = 1800

// problem is what is wrong with a cell.
type problem struct {
	at   column
	text string
}

// readDates reads the dates of birth and of death, and holds one against the other.
func (r *rowReader) readDates(row *Row) problem {
	text := r.cell(colBirthDate)
	if text == "" {
		return problem{colBirthDate, "La date de naissance manque. Indiquez-la."}
	}
	born, ok := readDay(text)
	switch {
	case !ok:
		return problem{colBirthDate, "La date de naissance n’est pas lisible. Écrivez-la 19420501, 1942-05-01 ou 01/05/1942."}
	case born.year() < firstYear || born.of() > 31:
		return problem{colBirthDate, "Cette date de naissance n’est pas possible. Vérifiez le jour, le mois et l’année."}
	case !born.lunar() && born.tooMany():
		return problem{colBirthDate, "Cette date n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année."}
	case after(born, r.today):
		return problem{colBirthDate, "La date de naissance est dans le futur. Vérifiez l’année."}
	}
	died, wrong := r.readDeath(born)
	if wrong != "" {
		return problem{colDied, wrong}
	}
	end := r.today
	if died != 0 {
		row.Died = registry.Date{Year: died.year(), Month: time.Month(died.month()), Day: died.of()}
		end = died
	}
	if born.year() < end.year()-registry.OldestAge {
		return problem{colBirthDate, "La date de naissance est trop ancienne. Vérifiez l’année, ou indiquez la date de décès."}
	}
	row.BirthDate = birthDate(text, born)
	return problem{}
}

// readDeath reads the date of death; 0 when there is none.
func (r *rowReader) readDeath(born day) (died day, wrong string) {
	text := r.cell(colDied)
	if text == "" {
		return 0, ""
	}
	died, ok := readDay(text)
	switch {
	case !ok:
		return 0, "La date de décès n’est pas lisible. Écrivez-la 2021-01-11 ou 11/01/2021."
	case died.lunar() || died.tooMany() || died.year() < firstYear:
		return 0, "Cette date de décès n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année."
	case died > r.today:
		return 0, "La date de décès est dans le futur. Vérifiez l’année."
	case after(born, died):
		return 0, "La date de décès est avant la date de naissance. Vérifiez les deux dates."
	}
	return died, ""
}

// after tells whether a birth comes after a day; of a lunar date the year alone is believed.
func after(born, d day) bool {
	if born.lunar() {
		return born.year() > d.year()
	}
	return born > d
}

// birthDate keeps a date of birth. Text that has the eight digits already is kept as it stands.
func birthDate(text string, born day) registry.BirthDate {
	if len(text) != 8 {
		var digits [8]byte
		for i, n := len(digits)-1, int(born); i >= 0; i-- {
			digits[i], n = byte('0'+n%10), n/10
		}
		text = string(digits[:])
	}
	b, err := registry.BirthDateFromDigits(text)
	if err != nil {
		panic(err) // eight digits, just read
	}
	return b
}
