package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// Whom a run concerns, in numbers: a map of France, and the tables that say the same and more.

type previewView struct {
	total       string
	since       string // why not as many got a code, where they did not
	departments []departmentLine
	box         string     // of the drawing
	levels      []mapLevel // nobody first
	ages        []ageLine
	sexes       []string // the columns of ages
}

type departmentLine struct{ name, persons string }

// mapLevel is the departments of about as many persons: one colour of the map, and its line in the legend.
type mapLevel struct {
	class string
	says  string
	path  string // of their squares
	codes []mapCode
}

// mapCode is the number of a department, and the middle of its square.
type mapCode struct{ code, x, y string }

// ageLine is an age class, with its persons by sex and in all.
type ageLine struct {
	age     string
	persons []string
	total   string
}

// mapLevels is how many levels the map tells apart beside nobody: as many as the eye still does.
const mapLevels = 5

// tileSize is from one square of the drawing to the next, tileEdge half of what is left free between them. oneTile draws a
// square from its corner.
const (
	tileSize = 40
	tileEdge = 2
	oneTile  = "h36v36h-36z"
)

func previewOf(run registry.Run) *previewView {
	view := &previewView{total: personsOf(run.Persons())}
	if run.State == registry.RunDone && run.Targeted != run.Persons() {
		view.since = " Entre ce décompte et l’exécution, la situation de certaines personnes a changé" + nbsp + ": le nombre de codes donnés est différent."
	}
	byDepartment := map[string]int{}
	for _, c := range run.Counts {
		byDepartment[c.Department] += c.Persons
	}
	known := 0
	for _, d := range departmentNames {
		if n := byDepartment[d.code]; n > 0 {
			view.departments = append(view.departments, departmentLine{d.code + nbsp + "– " + d.name, registry.FrenchNumber(n)})
			known += n
		}
	}
	if unknown := run.Persons() - known; unknown > 0 {
		view.departments = append(view.departments, departmentLine{"Département inconnu", registry.FrenchNumber(unknown)})
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
	v.levels = make([]mapLevel, mapLevels+1)
	lowest, highest := [mapLevels + 1]int{}, [mapLevels + 1]int{}
	columns := 0
	for row, line := range mapRows {
		for column, code := range strings.Fields(line) {
			columns = max(columns, column+1)
			if code == "." {
				continue
			}
			n := byDepartment[code]
			at := levelOf(n)
			if lowest[at] == 0 || n < lowest[at] {
				lowest[at] = n
			}
			highest[at] = max(highest[at], n)
			x, y := column*tileSize, row*tileSize
			level := &v.levels[at]
			level.path += fmt.Sprintf("M%d %d%s", x+tileEdge, y+tileEdge, oneTile)
			level.codes = append(level.codes, mapCode{code, strconv.Itoa(x + tileSize/2), strconv.Itoa(y + tileSize*13/20)})
		}
	}
	for at := range v.levels {
		level := &v.levels[at]
		level.class = "app-map__level-" + strconv.Itoa(at)
		switch {
		case at == 0:
			level.says = "Aucune personne"
		case lowest[at] == highest[at]:
			level.says = personsOf(lowest[at])
		default:
			level.says = "De " + registry.FrenchNumber(lowest[at]) + " à " + personsOf(highest[at])
		}
	}
	// Where many departments have one number, a level may be empty.
	v.levels = slices.DeleteFunc(v.levels, func(l mapLevel) bool { return len(l.codes) == 0 })
	v.box = fmt.Sprintf("0 0 %d %d", columns*tileSize, len(mapRows)*tileSize)
}

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
		total.persons = append(total.persons, registry.FrenchNumber(sexes[sex]))
	}
	sum := 0
	for age := range registry.AgeClass(len(registry.AgeClasses) + 1) {
		if ages[age] == 0 {
			continue
		}
		line := ageLine{age: capitalised(age.Label()), total: registry.FrenchNumber(ages[age])}
		for _, sex := range columns {
			line.persons = append(line.persons, registry.FrenchNumber(persons[cell{age, sex}]))
		}
		v.ages = append(v.ages, line)
		sum += ages[age]
	}
	total.total = registry.FrenchNumber(sum)
	v.ages = append(v.ages, total)
}
