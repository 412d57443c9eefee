package demo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vaccin/internal/registry"
)

// InsuredOptions say which file of insured persons to write. Zero values stand for the defaults.
type InsuredOptions struct {
	Persons int           // 20,000
	Seed    uint64        // the same seed, size and day make the same file
	Today   registry.Date // when the file was made

	BadEvery int          // of so many rows the last is bad, of each kind in turn; 0 for none
	OnBad    func(BadRow) // told of each of them; may be nil
}

// BadRow is a row that was spoilt.
type BadRow struct {
	Line   int    // in the file, from 1
	Kind   string // what is wrong with it, one of BadKinds
	Column string // where; empty for the row as a whole
}

// WriteInsured writes a file of insured persons as docs/formats/population.md has it: families under their holders,
// twins, the ages of INSEE's pyramid, care homes and what campaigns ask about. It is fast, and its memory does not grow
// with the number of persons, so that a whole country can be written. Nobody in it exists.
func WriteInsured(w io.Writer, o InsuredOptions) error {
	whole := Options{Persons: o.Persons, Today: o.Today}.withDefaults()
	o.Persons, o.Today = whole.Persons, whole.Today
	where, err := loadGazetteer()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	f := &insuredFile{options: o, out: out, numbers: newInsuredNumbers(), line: 1, folded: map[string]string{}}
	f.today = midnight(o.Today)
	if _, err := out.WriteString(insuredHeader + "\n"); err != nil {
		return fmt.Errorf("writing a file of insured persons: %w", err)
	}
	for i, left := range quotas(o.Persons) {
		f.chance, f.left = newChance(o.Seed, streamInsured+uint64(i)), left //nolint:gosec // an index
		f.settle(where)
		for f.household() {
		}
	}
	if err := errors.Join(f.err, out.Flush()); err != nil {
		return fmt.Errorf("writing a file of insured persons: %w", err)
	}
	return nil
}

const insuredHeader = "nir_ouvrant_droit;nir;date_naissance;rang;nom_naissance;nom_usage;prenoms;sexe;adresse;code_postal;commune;" +
	"code_commune;telephone;email;residence;etablissement;metier;lieu_travail;ald;comorbidites;regime;date_deces"

// insuredFile is a file being written.
type insuredFile struct {
	chance
	options InsuredOptions
	out     *bufio.Writer
	err     error
	today   int64 // days since 1970
	line    int   // of the last row written
	rows    int
	numbers *insuredNumbers
	folded  map[string]string // names as they stand in e-mail addresses
	row     insuredRow

	left     department // of the one whose people are being written
	places   []string   // its localities, as three cells
	towns    []string
	homes    []insuredHome
	landline string
}

// insuredHome is an establishment where people live.
type insuredHome struct{ finess, address, place string }

// settle prepares what the people of a department share.
func (f *insuredFile) settle(where *gazetteer) {
	cells := func(all []registry.Locality) (texts []string) {
		for _, l := range all {
			texts = append(texts, l.PostalCode+";"+l.Name+";"+l.CommuneCode)
		}
		return texts
	}
	code := f.left.code
	f.places, f.towns = cells(where.all[code]), cells(where.towns[code])
	f.homes = f.homes[:0]
	old := f.left.count[men][class75] + f.left.count[women][class75]
	for i := range 1 + old/700 {
		f.homes = append(f.homes, insuredHome{
			finess: fmt.Sprintf("%s%07d", code[:2], 9_000_000+i), place: pick(f.chance, f.places),
			address: "Résidence " + pick(f.chance, homeNames) + ", " + f.address(),
		})
	}
	f.landline = "063998" // overseas has no range for fiction
	if len(code) == 2 {
		f.landline = landlines[zoneOf(code)]
	}
}

var homeNames = strings.Split("Les Glycines|Les Tilleuls|Bel-Air|La Roseraie|Les Jardins|Saint-Joseph|Le Verger|L’Orée du Bois", "|")

func midnight(d registry.Date) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}

// insuredPerson is how one person of the file is drawn.
type insuredPerson struct {
	female    bool
	day       int64 // of birth, in days since 1970
	year      int
	month     int
	of        int // the day of the month
	age       int
	rank      int
	birthName string
	usedName  string
	from      *origin // nil for those born in France
	own       insuredNumber
}

// insuredHousehold is what its members share.
type insuredHousehold struct {
	holder   insuredNumber
	number   int // of the street
	street   string
	place    string
	landline int
	scheme   string
	home     *insuredHome
}

// household writes one household of what is left of the department; false when nobody is. It follows builder.household,
// which a whole country has no time for.
func (f *insuredFile) household() bool {
	sex, class, ok := f.adultCell()
	if !ok {
		return f.lastYoung()
	}
	children := f.childCount(class)
	head := f.adult(sex, class)
	h := f.newHousehold()
	family := head.birthName
	if class == class75 && f.hits(careHomeRate(head.age)) {
		h.home = &f.homes[f.IntN(len(f.homes))]
	}
	youngest := head.age
	var spouse insuredPerson
	if couple := h.home == nil && f.hits(coupleRate[class]) && f.left.count[1-sex][class] > 0; couple {
		children += f.childCount(class)
		spouse = f.spouse(&head, sex, class)
		youngest = min(youngest, spouse.age)
		if head.female {
			family = spouse.birthName
		}
	} else if head.female && (class == class60 && f.hits(0.4) || class == class75 && f.hits(0.85)) {
		head.usedName = f.surname(f.left.code)
	}
	head.own = f.number(&head)
	h.holder = head.own
	f.write(&h, &head)
	if spouse.rank > 0 {
		spouse.own = f.number(&spouse)
		own := h
		if f.hits(0.4) { // insured in their own right
			own.holder = spouse.own
		}
		f.write(&own, &spouse)
	}
	f.children(&h, family, youngest, children)
	return f.err == nil
}

func careHomeRate(age int) float64 {
	if age < 85 {
		return 0.05
	}
	return 0.25
}

// adultCell draws one of the cells of adults, by how many are left of each.
func (f *insuredFile) adultCell() (sex, class int, ok bool) {
	total := 0
	for sex := range sexes {
		for class := class20; class < classes; class++ {
			total += f.left.count[sex][class]
		}
	}
	if total == 0 {
		return 0, 0, false
	}
	at := f.IntN(total)
	for sex := range sexes {
		for class := class20; class < classes; class++ {
			if at -= f.left.count[sex][class]; at < 0 {
				return sex, class, true
			}
		}
	}
	return 0, 0, false
}

// childCount draws the children that one parent brings, as builder.childCount does.
func (f *insuredFile) childCount(class int) int {
	if class != class20 && class != class40 {
		return 0
	}
	young := f.left.count[men][classYoung] + f.left.count[women][classYoung]
	parents := 1 + f.left.count[men][class20] + f.left.count[men][class40] + f.left.count[women][class20] + f.left.count[women][class40]
	return f.poisson(float64(young) / float64(parents))
}

// lastYoung writes a young person who lives alone: what is left when no adult is.
func (f *insuredFile) lastYoung() bool {
	sex, ok := f.youngSex()
	if !ok {
		return false
	}
	student := f.draw(sex, f.between(16, 19))
	h := f.newHousehold()
	student.own = f.number(&student)
	h.holder = student.own
	f.write(&h, &student)
	return f.err == nil
}

// youngSex takes one of the young from what is left.
func (f *insuredFile) youngSex() (sex int, ok bool) {
	boys, girls := f.left.count[men][classYoung], f.left.count[women][classYoung]
	if boys+girls == 0 {
		return 0, false
	}
	if f.IntN(boys+girls) >= boys {
		sex = women
	}
	f.left.count[sex][classYoung]--
	return sex, true
}

func (f *insuredFile) newHousehold() insuredHousehold {
	h := insuredHousehold{number: f.between(1, 96), street: pick(f.chance, streets), landline: f.IntN(10_000), scheme: "01"}
	if f.hits(0.6) {
		h.place = pick(f.chance, f.towns)
	} else {
		h.place = pick(f.chance, f.places)
	}
	if f.hits(0.14) {
		h.scheme = pick(f.chance, schemes)
	}
	return h
}

// schemes are those beside the general one.
var schemes = strings.Split("02 02 02 02 03 03 03 04 05 06 07 08 10 12 90 91 92", " ")

// adult takes one person from what is left.
func (f *insuredFile) adult(sex, class int) insuredPerson {
	f.left.count[sex][class]--
	return f.draw(sex, f.age(class))
}

func (f *insuredFile) draw(sex, age int) insuredPerson {
	p := insuredPerson{female: sex == women, rank: 1}
	f.bear(&p, age)
	if f.hits(0.11) {
		p.from = &origins[f.IntN(len(origins))]
		p.birthName = f.foreignName(*p.from)
	} else {
		p.birthName = f.surname(f.left.code)
	}
	p.usedName = p.birthName
	return p
}

// bear draws a birthday of someone of an age.
func (f *insuredFile) bear(p *insuredPerson, age int) {
	p.age = age
	const year = 365.2425
	p.day = f.today - int64(float64(age)*year) - 1 - f.Int64N(364)
	p.year, p.month, p.of = civil(p.day)
}

// spouse takes someone of the same age class and the other sex.
func (f *insuredFile) spouse(head *insuredPerson, sex, class int) insuredPerson {
	s := f.adult(1-sex, class)
	age := min(max(head.age+f.between(-6, 6), ageClasses[class].from), ageClasses[class].to)
	for f.bear(&s, age); s.day == head.day; { // one natural key each
		f.bear(&s, age)
	}
	wife, husband := head, &s
	if s.female {
		wife, husband = &s, head
	}
	if f.hits(takesName(wife.year)) {
		wife.usedName = husband.birthName
	}
	return s
}

// children writes as many as are left, no two of one birthday but twins and triplets, who have ranks.
func (f *insuredFile) children(h *insuredHousehold, family string, youngest, wanted int) {
	low, high := max(0, youngest-44), min(19, youngest-18)
	taken, lodged := [16]int64{}, 0
	for births := 0; lodged < wanted && low <= high && births < len(taken); {
		first := insuredPerson{rank: 1, birthName: family, usedName: family}
		f.bear(&first, f.between(low, high))
		again := false
		for _, day := range taken[:births] {
			again = again || day == first.day
		}
		if again {
			continue
		}
		taken[births] = first.day
		births++
		for rank := range min(f.litter(), wanted-lodged) {
			sex, ok := f.youngSex()
			if !ok {
				return
			}
			child := first
			child.rank, child.female = rank+1, sex == women
			if child.age >= 16 {
				child.own = f.number(&child)
			}
			f.write(h, &child)
			lodged++
		}
	}
}

// civil is the day of the calendar of a number of days since 1970.
func civil(days int64) (year, month, day int) {
	y, m, d := time.Unix(days*24*60*60, 0).UTC().Date()
	return y, int(m), d
}
