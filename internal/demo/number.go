package demo

import (
	"fmt"
	"slices"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// birthplace is where a NIR says that its bearer was born.
type birthplace struct {
	department string // as in a NIR: 01 to 95, 2A, 2B, 20, 971 to 976, 99
	country    int    // for 99, the three digits of the country
}

// numbers gives NIRs that look true and that nobody else has: those of one sex, year, month and
// department follow one another through its communes and orders, by a step that hides it. It keeps
// one count for each of these cells, whatever the size of the country.
type numbers struct{ given map[string]int }

func newNumbers() *numbers { return &numbers{given: map[string]int{}} }

// step is prime and divides no number of communes and orders, so that all of them come before any comes
// again.
const step = 7919

// ordersOf is how many order numbers are used of the 999 that exist: low ones are the most usual.
func ordersOf(place birthplace) int {
	if place.country > 0 {
		return 999
	}
	return 420
}

// give returns a new NIR. first is its first digit, month its two digits of the month, which are not
// always a month of the calendar.
func (n *numbers) give(first, year, month int, place birthplace) nir.Number {
	prefix := fmt.Sprintf("%d%02d%02d%s", first, year%100, month, place.department)
	width := 6 - (len(place.department) - 2)
	if place.country > 0 {
		prefix += fmt.Sprintf("%03d", place.country)
		width = 3
	}
	count := n.given[prefix]
	n.given[prefix]++
	orders, towns := ordersOf(place), communes(place)
	at := (count*step + int(spread(prefix))) % (towns * orders)
	commune, order := 1+at/orders, 1+at%orders
	if place.department == "75" {
		commune += 100 // the arrondissements: 101 to 120
	}
	digits := prefix + fmt.Sprintf("%03d", order)
	if width > 3 {
		digits = prefix + fmt.Sprintf("%0*d%03d", width-3, commune, order)
	}
	return mustNumber(digits)
}

// communes is how many commune numbers a department uses: fewer than exist, so that all fit.
func communes(place birthplace) int {
	switch {
	case place.country > 0:
		return 1
	case place.department == "75":
		return 20
	case len(place.department) > 2:
		return 24
	}
	return 290
}

// spread turns a text into a number (FNV-1a), so that the cells do not all start at the same commune.
func spread(text string) uint32 {
	h := uint32(2166136261)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return h >> 1
}

// mustNumber panics on what is no NIR: the digits are made here.
func mustNumber(digits string) nir.Number {
	number, err := nir.FromDigits(digits)
	if err != nil {
		panic(err)
	}
	return number
}

// departmentAtBirth is the department that a NIR of a year bears for one of today's: Corsica had one
// number until 1976, and the departments around Paris were cut out of two in 1968.
func departmentAtBirth(today string, year int) string {
	switch {
	case year < 1976 && (today == "2A" || today == "2B"):
		return "20"
	case year < 1968 && slices.Contains([]string{"92", "93", "94"}, today):
		return "75"
	case year < 1968 && (today == "91" || today == "95"):
		return "78"
	}
	return today
}

// provisional returns a number that a body gives while the person's own is awaited: 7 for a man and 8
// for a woman.
func (n *numbers) provisional(sex registry.Sex, born registry.Date) nir.Number {
	first := 7
	if sex == registry.Female {
		first = 8
	}
	return n.give(first, born.Year, int(born.Month), birthplace{"99", 990})
}

func firstDigit(sex registry.Sex) int {
	if sex == registry.Female {
		return 2
	}
	return 1
}
