package demo

import (
	"cmp"
	"slices"

	"vaccin/internal/registry"
)

const (
	sexes   = 2
	classes = 5
)

// The indexes of sexes in the tables, in INSEE's order.
const (
	men = iota
	women
)

// The age classes of INSEE's table; the youngest holds children and those of 18 and 19.
const (
	classYoung = iota
	class20
	class40
	class60
	class75
)

// oldest is the greatest age that is drawn.
const oldest = 106

// ageClass is a range of ages in whole years, both ends included.
type ageClass struct{ from, to int }

var ageClasses = [classes]ageClass{{0, 19}, {20, 39}, {40, 59}, {60, 74}, {75, oldest}}

// classOf is the class of an age.
func classOf(age int) int {
	for class, a := range ageClasses {
		if age <= a.to {
			return class
		}
	}
	return class75
}

// department is how many men and women of each age class live there, in hundreds.
type department struct {
	code  string
	count [sexes][classes]int
}

func (d department) total() int {
	total := 0
	for _, sex := range d.count {
		for _, n := range sex {
			total += n
		}
	}
	return total
}

// share cuts a number of persons into cells proportional to the weights, whole and with nothing left
// over (largest remainders).
func share(persons int, weights []int) []int {
	total := 0
	for _, w := range weights {
		total += w
	}
	parts, left := make([]int, len(weights)), persons
	order := make([]int, len(weights))
	for i, w := range weights {
		parts[i], order[i] = persons*w/total, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(persons*weights[b]%total, persons*weights[a]%total) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}

// quotas says how many persons of each department, sex and age class a country of that size has.
func quotas(persons int) []department {
	weights := []int{}
	for _, d := range departments {
		for _, sex := range d.count {
			weights = append(weights, sex[:]...)
		}
	}
	parts := share(persons, weights)
	wanted := make([]department, len(departments))
	for i, d := range departments {
		wanted[i].code = d.code
		for sex := range sexes {
			for class := range classes {
				wanted[i].count[sex][class], parts = parts[0], parts[1:]
			}
		}
	}
	return wanted
}

// age draws an age of a class. The old are fewer each year; half of those over 75 are under 82.
func (c chance) age(class int) int {
	a := ageClasses[class]
	if class != class75 {
		return c.between(a.from, a.to)
	}
	return min(a.from+int(c.ExpFloat64()*9), oldest)
}

// born draws the birthday of someone who has that age on a day.
func (c chance) born(age int, today registry.Date) registry.Date {
	earliest := registry.Date{Year: today.Year - age - 1, Month: today.Month, Day: today.Day}
	if earliest.Month == 2 && earliest.Day == 29 {
		earliest.Month, earliest.Day = 3, 1
	}
	return earliest.AddDays(c.between(1, 365))
}

// populations are the sizes of the departments, in their order.
var populations = func() []int {
	sizes := make([]int, len(departments))
	for i, d := range departments {
		sizes[i] = d.total()
	}
	return sizes
}()
