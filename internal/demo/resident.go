package demo

import (
	"fmt"
	"strings"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// resident is a person of the country with what the campaign looks at beside the patient.
type resident struct {
	registry.ImportedPerson
	department   string
	born         registry.Date  // also where the insurance has no day of the calendar
	professional bool           // a health professional
	careHome     *establishment // where they live; nil for everyone else
	targeted     registry.Date  // when a phase of the campaign opened to them; zero when none has
}

// household is what the members of a family share.
type household struct {
	department string
	surname    string
	origin     origin
	address    string
	locality   registry.Locality
	landline   string
	careHome   *establishment
	holder     nir.Number
}

// person is how one member of a household is drawn.
type person struct {
	sex       registry.Sex
	born      registry.Date
	birthName string
	usedName  string
	origin    origin
	rank      int
	dependant bool // attached to the holder's NIR
	child     bool // has no NIR of their own that is known
}

// lodge makes a resident of a drawn person and attaches them to the household.
func (b *builder) lodge(h *household, p person) resident {
	own := nir.Number{}
	if !p.child {
		own = b.number(h, p)
	}
	if !p.dependant {
		h.holder = own
	}
	given := b.givenNames(p.sex, p.born.Year, p.origin)
	r := resident{
		department: h.department, born: p.born, careHome: h.careHome,
		professional: b.hits(0.05) && b.ageOf(p.born) >= 24 && b.ageOf(p.born) < 66,
		ImportedPerson: registry.ImportedPerson{
			ID: b.recordID(),
			Patient: registry.Patient{
				Holder: h.holder, Own: own,
				Identity: registry.Identity{
					BirthName: p.birthName, UsedName: p.usedName, GivenNames: given, Sex: p.sex,
					BirthDate: b.birthDate(p), BirthRank: p.rank,
				},
				Contact: b.contact(h, p, given),
			},
		},
	}
	return r
}

func (b *builder) ageOf(born registry.Date) int {
	age, _ := registry.BirthDateOf(born).AgeOn(b.today)
	return age
}

// recordID draws 128 bits, as the registry does.
func (b *builder) recordID() registry.RecordID {
	return registry.RecordID(fmt.Sprintf("%016x%016x", b.Uint64(), b.Uint64()))
}

// number gives a person's own NIR. A few have a provisional one, and some born abroad a month that is
// none because it was not known when they were registered.
func (b *builder) number(h *household, p person) nir.Number {
	if b.hits(0.003) {
		return b.numbers.provisional(p.sex, p.born)
	}
	if p.origin.country == 0 {
		place := birthplace{department: departmentAtBirth(b.birthDepartment(h), p.born.Year)}
		return b.numbers.give(firstDigit(p.sex), p.born.Year, int(p.born.Month), place)
	}
	month := int(p.born.Month)
	if b.hits(0.04) {
		month = pick(b.chance, []int{20, 30 + month, 50 + month})
	}
	if p.origin.country == algeria && p.born.Year < 1962 {
		return b.numbers.give(firstDigit(p.sex), p.born.Year, month, birthplace{department: pick(b.chance, []string{"91", "92", "93"})})
	}
	return b.numbers.give(firstDigit(p.sex), p.born.Year, month, birthplace{"99", p.origin.country})
}

// algeria is its country number; before independence its departments were numbered 91 to 94.
const algeria = 352

// birthDepartment is that of the household for half of the people, and any for the others.
func (b *builder) birthDepartment(h *household) string {
	if b.hits(0.55) {
		return h.department
	}
	return departments[b.weighted(populations...)].code
}

// birthDate is what the insurance knows; of some born abroad, only the year («lunar» dates).
func (b *builder) birthDate(p person) registry.BirthDate {
	if p.origin.country == 0 || p.born.Year > 1965 || !b.hits(0.02) {
		return registry.BirthDateOf(p.born)
	}
	lunar, err := registry.BirthDateFromDigits(fmt.Sprintf("%04d%02d%02d", p.born.Year, pick(b.chance, []int{0, 13, 19}), b.between(0, 1)))
	if err != nil {
		panic(err) // eight digits are written just above
	}
	return lunar
}

// contact fills in how to reach someone; for some, parts of it are not known.
func (b *builder) contact(h *household, p person, given string) registry.Contact {
	c := registry.Contact{}
	if b.hits(0.94) {
		c.Address, c.Locality = h.address, h.locality
	}
	age := b.ageOf(p.born)
	switch {
	case age >= 16 && b.hits(mobileRate(age)):
		c.Phone = fmt.Sprintf("063998%04d", b.IntN(10_000))
	case b.hits(0.7):
		c.Phone = h.landline
	}
	if age >= 16 && age < 85 && b.hits(0.5) {
		c.Email = b.email(given, p.usedName)
	}
	return c
}

func mobileRate(age int) float64 {
	if age >= 75 {
		return 0.45
	}
	return 0.9
}

func (b *builder) email(given, surname string) string {
	local := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, registry.Fold(text))
	}
	first, _, _ := strings.Cut(given, " ")
	return fmt.Sprintf("%s.%s%d@%s", local(first), local(surname), b.between(1, 99), pick(b.chance, []string{"exemple.fr", "example.org"}))
}

// landlineOf draws a number of the range that the regulator keeps for fiction in the zone of a department.
func (b *builder) landlineOf(department string) string {
	prefix := "063998" // overseas has no fictional range of its own
	if len(department) == 2 {
		prefix = landlines[zoneOf(department)]
	}
	return fmt.Sprintf("%s%04d", prefix, b.IntN(10_000))
}

// landlines are the numbers kept for fiction in each of the five zones of metropolitan France.
var landlines = [...]string{"019900", "026191", "035301", "046571", "053649"}

// zoneOf is the telephone zone of a department: 0 around Paris, then north-west, north-east,
// south-east and south-west.
func zoneOf(department string) int {
	switch {
	case strings.Contains("75 77 78 91 92 93 94 95", department):
		return 0
	case strings.Contains("14 18 22 27 28 29 35 36 37 41 44 45 49 50 53 56 61 72 76 85", department):
		return 1
	case strings.Contains("02 08 10 21 25 39 51 52 54 55 57 58 59 60 62 67 68 70 71 80 88 89 90", department):
		return 2
	case strings.Contains("09 12 16 17 19 23 24 31 32 33 40 46 47 64 65 79 81 82 86 87", department):
		return 4
	}
	return 3
}

// address draws a street and a number.
func (c chance) address() string {
	return fmt.Sprintf("%d %s", c.between(1, 96), pick(c, streets))
}

var streets = strings.Split("rue des Lilas|rue Victor-Hugo|avenue Jean-Jaurès|rue de la République|place de l’Église|"+
	"rue du Moulin|chemin des Vignes|rue Pasteur|allée des Tilleuls|rue de la Gare|boulevard Gambetta|rue du Stade|"+
	"impasse des Roses|rue des Écoles|avenue du Général-Leclerc|rue de Verdun|rue du Château|rue Jules-Ferry|"+
	"rue des Jardins|rue du 8-Mai-1945|route de la Forêt|rue Saint-Martin|rue de la Fontaine|quai de la Rivière|"+
	"rue Émile-Zola|rue de l’Abbé-Grégoire|cours des Platanes|lotissement Les Acacias|rue Marie-Curie|rue du Puits", "|")
