package demo

import (
	"math"
	"strings"

	"vaccin/internal/registry"
)

// surname draws a name for someone who lives there; the frequent ones come up more often.
func (c chance) surname(department string) string {
	if len(department) == 3 && c.hits(0.7) {
		return pick(c, surnamesOverseas)
	}
	skewed := math.Pow(c.Float64(), 1.6)
	name := surnames[int(skewed*float64(len(surnames)))]
	if c.hits(0.012) {
		if other := pick(c, surnames); other != name && !strings.ContainsAny(name+other, "-") {
			name += "-" + other
		}
	}
	return name
}

// givenNames draws the given names of a generation; a third have a second one.
func (c chance) givenNames(sex registry.Sex, born int, from origin) string {
	list := from.names[sexIndex(sex)]
	if from.country == 0 {
		list = namesOf(sex, born)
	}
	first := pick(c, list)
	if from.country != 0 || !c.hits(0.35) {
		return first
	}
	if second := pick(c, namesOf(sex, born-25)); second != first {
		return first + " " + second
	}
	return first
}

func namesOf(sex registry.Sex, born int) []string {
	for _, g := range generations {
		if born < g.before {
			return g.names[sexIndex(sex)]
		}
	}
	return generations[len(generations)-1].names[sexIndex(sex)]
}

// foreignName draws a surname of a country. The lists write a space within a name as «_».
func (c chance) foreignName(from origin) string {
	return strings.ReplaceAll(pick(c, from.surnames), "_", " ")
}

func sexIndex(sex registry.Sex) int {
	if sex == registry.Female {
		return women
	}
	return men
}

func sexOf(index int) registry.Sex {
	if index == women {
		return registry.Female
	}
	return registry.Male
}
