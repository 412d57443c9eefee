package web

import (
	"slices"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// Whom a run concerns, in numbers: a map of France, and the tables that say the same and more.

type previewView struct {
	total       string
	departments []departmentLine
	tiles       []mapTile
	width       string // of the drawing
	height      string
	box         string
	legend      []mapLevel
	ages        []ageLine
	sexes       []string // the columns of ages
}

type departmentLine struct{ name, persons string }

// mapTile is the square of a department. Its level is that of the legend; 0 is nobody.
type mapTile struct {
	code, class  string
	x, y         string
	textX, textY string
}

// mapLevel is a line of the legend.
type mapLevel struct{ class, text string }

// ageLine is an age class, with its persons by sex and in all.
type ageLine struct {
	age     string
	persons []string
	total   string
}

// mapLevels is how many levels the map tells apart beside nobody: as many as the eye still does.
const mapLevels = 5

// tileSize is the side of a square in the drawing, tileEdge what is left free around it.
const (
	tileSize = 40
	tileEdge = 2
)

func previewOf(run registry.Run) *previewView {
	view := &previewView{total: personsOf(run.Persons())}
	byDepartment := map[string]int{}
	for _, c := range run.Counts {
		byDepartment[c.Department] += c.Persons
	}
	known := 0
	for _, d := range departmentNames {
		if n := byDepartment[d.code]; n > 0 {
			view.departments = append(view.departments, departmentLine{d.code + nbsp + "– " + d.name, frenchNumber(n)})
			known += n
		}
	}
	if unknown := run.Persons() - known; unknown > 0 {
		view.departments = append(view.departments, departmentLine{"Département inconnu", frenchNumber(unknown)})
	}
	view.draw(byDepartment)
	view.byAge(run.Counts)
	return view
}

// draw makes the map: departments of about the same number of persons have the same colour, a fifth of them each.
func (v *previewView) draw(byDepartment map[string]int) {
	var all []int
	for _, d := range departmentNames {
		if n := byDepartment[d.code]; n > 0 {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	levelOf := func(n int) int {
		if n == 0 {
			return 0
		}
		below, _ := slices.BinarySearch(all, n)
		return 1 + below*mapLevels/len(all)
	}
	lowest, highest := [mapLevels + 1]int{}, [mapLevels + 1]int{}
	for _, n := range all {
		level := levelOf(n)
		if lowest[level] == 0 {
			lowest[level] = n
		}
		highest[level] = n
	}
	v.legend = append(v.legend, mapLevel{levelClass(0), "Personne"})
	for level := 1; level <= mapLevels; level++ {
		switch {
		case lowest[level] == 0: // several departments of one number left this level empty
		case lowest[level] == highest[level]:
			v.legend = append(v.legend, mapLevel{levelClass(level), personsOf(lowest[level])})
		default:
			v.legend = append(v.legend, mapLevel{levelClass(level), "De " + frenchNumber(lowest[level]) + " à " + personsOf(highest[level])})
		}
	}
	columns := 0
	for row, line := range mapRows {
		for column, code := range strings.Fields(line) {
			columns = max(columns, column+1)
			if code == "." {
				continue
			}
			x, y := column*tileSize, row*tileSize
			v.tiles = append(v.tiles, mapTile{
				code, levelClass(levelOf(byDepartment[code])), strconv.Itoa(x + tileEdge), strconv.Itoa(y + tileEdge),
				strconv.Itoa(x + tileSize/2), strconv.Itoa(y + tileSize*13/20),
			})
		}
	}
	v.width, v.height = strconv.Itoa(tileSize-2*tileEdge), strconv.Itoa(tileSize-2*tileEdge)
	v.box = "0 0 " + strconv.Itoa(columns*tileSize) + " " + strconv.Itoa(len(mapRows)*tileSize)
}

func levelClass(level int) string { return "app-map__level-" + strconv.Itoa(level) }

// byAge makes the table by age class and sex, with the classes and sexes that anybody is of.
func (v *previewView) byAge(counts []registry.RunCount) {
	type cell struct {
		age registry.AgeClass
		sex registry.Sex
	}
	persons, ages, sexes := map[cell]int{}, map[registry.AgeClass]int{}, map[registry.Sex]int{}
	for _, c := range counts {
		age := c.Age
		if age < 0 || int(age) >= len(registry.AgeClasses) {
			age = registry.AgeClass(len(registry.AgeClasses)) // unknown, the last
		}
		persons[cell{age, c.Sex}] += c.Persons
		ages[age] += c.Persons
		sexes[c.Sex] += c.Persons
	}
	columns := []registry.Sex{registry.Female, registry.Male}
	v.sexes = []string{"Femmes", "Hommes"}
	if sexes[""] > 0 {
		columns, v.sexes = append(columns, ""), append(v.sexes, "Sexe inconnu")
	}
	total := ageLine{age: "Tous âges"}
	for _, sex := range columns {
		total.persons = append(total.persons, frenchNumber(sexes[sex]))
	}
	sum := 0
	for age := range registry.AgeClass(len(registry.AgeClasses) + 1) {
		if ages[age] == 0 {
			continue
		}
		line := ageLine{age: capitalised(age.Label()), total: frenchNumber(ages[age])}
		for _, sex := range columns {
			line.persons = append(line.persons, frenchNumber(persons[cell{age, sex}]))
		}
		v.ages = append(v.ages, line)
		sum += ages[age]
	}
	total.total = frenchNumber(sum)
	v.ages = append(v.ages, total)
}
