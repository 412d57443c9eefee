package demo

import (
	"iter"
	"math"

	"vaccin/internal/registry"
)

// builder fills one department with households until its quotas are used up.
type builder struct {
	chance
	today     registry.Date
	gazetteer *gazetteer
	numbers   *numbers
	careHomes []establishment
	left      department
}

// How many of each class of adults live in a couple.
var coupleRate = [classes]float64{0, 0.50, 0.66, 0.70, 0.42}

// residents yields the people of the department, household by household.
func (b *builder) residents() iter.Seq[resident] {
	return func(yield func(resident) bool) {
		for {
			members := b.household()
			if len(members) == 0 {
				return
			}
			for _, r := range members {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// household draws one from what is left of the quotas: nobody when they are used up.
func (b *builder) household() []resident {
	cell := b.weighted(b.adultCells()...)
	if cell < 0 {
		return b.lastYoung()
	}
	sex, class := cell/classes, cell%classes
	children := b.childCount(class)
	head := b.adult(sex, class)
	h := b.newHousehold(head)
	h.surname = head.birthName
	if b.enters(class, head) {
		h.careHome = &b.careHomes[b.IntN(len(b.careHomes))]
		h.address, h.locality = h.careHome.Name+", "+h.careHome.Address, h.careHome.locality
	}
	if h.careHome == nil && b.hits(coupleRate[class]) {
		if spouse, ok := b.spouse(&head, sex, class); ok {
			children += b.childCount(class)
			return b.family(h, head, &spouse, children)
		}
	}
	b.widow(&head, class)
	return b.family(h, head, nil, children)
}

// adultCells are the weights of the cells of the quotas, children left out.
func (b *builder) adultCells() []int {
	weights := make([]int, 0, sexes*classes)
	for _, counts := range b.left.count {
		weights = append(weights, 0)
		weights = append(weights, counts[1:]...)
	}
	return weights
}

// lastYoung is a young person who lives alone: what is left when no adult is.
func (b *builder) lastYoung() []resident {
	sex := b.weighted(b.left.count[men][classYoung], b.left.count[women][classYoung])
	if sex < 0 {
		return nil
	}
	b.left.count[sex][classYoung]--
	student := b.draw(sex, b.between(16, 19))
	return b.family(b.newHousehold(student), student, nil, 0)
}

// childCount draws the children that one parent brings: on average, what is left of the children for
// each adult who can be a parent. It is asked for before the parent is taken.
func (b *builder) childCount(class int) int {
	if class != class20 && class != class40 {
		return 0
	}
	children, parents := 0, 1
	for sex := range sexes {
		children += b.left.count[sex][classYoung]
		parents += b.left.count[sex][class20] + b.left.count[sex][class40]
	}
	return b.poisson(float64(children) / float64(parents))
}

// poisson draws a number of mean m (Knuth).
func (c chance) poisson(m float64) int {
	limit, product, n := math.Exp(-m), c.Float64(), 0
	for product > limit {
		product *= c.Float64()
		n++
	}
	return min(n, 8)
}

// adult takes one person from the quotas.
func (b *builder) adult(sex, class int) person {
	b.left.count[sex][class]--
	return b.draw(sex, b.age(class))
}

// draw makes a person of an age, with a name.
func (b *builder) draw(sex, age int) person {
	p := person{sex: sexOf(sex), born: b.born(age, b.today), rank: 1}
	if b.hits(0.11) {
		p.origin = pick(b.chance, origins)
		p.birthName = b.foreignName(p.origin)
	} else {
		p.birthName = b.surname(b.left.code)
	}
	p.usedName = p.birthName
	return p
}

func (b *builder) newHousehold(head person) *household {
	return &household{
		department: b.left.code, surname: head.birthName, origin: head.origin, address: b.address(),
		locality: b.gazetteer.home(b.chance, b.left.code), landline: b.landlineOf(b.left.code),
	}
}

// enters tells whether someone lives in a care home.
func (b *builder) enters(class int, p person) bool {
	if class != class75 || len(b.careHomes) == 0 {
		return false
	}
	if b.ageOf(p.born) < 85 {
		return b.hits(0.05)
	}
	return b.hits(0.25)
}

// spouse takes someone of the same age class from the quotas, of the other sex but for a few couples.
// Many wives use their husband's name.
func (b *builder) spouse(head *person, sex, class int) (person, bool) {
	other := 1 - sex
	if b.hits(0.02) {
		other = sex
	}
	if b.left.count[other][class] == 0 {
		return person{}, false
	}
	s := b.adult(other, class)
	low, high := ageClasses[class].from, ageClasses[class].to
	near := min(max(b.ageOf(head.born)+b.between(-6, 6), low), high)
	for s.born = b.born(near, b.today); s.born == head.born; { // one natural key each
		s.born = b.born(near, b.today)
	}
	if head.origin.country != 0 && b.hits(0.7) {
		s.origin = head.origin
		s.birthName = b.foreignName(s.origin)
		s.usedName = s.birthName
	}
	wife, husband := head, &s
	if s.sex == registry.Female {
		wife, husband = &s, head
	}
	if wife.sex != husband.sex && b.hits(takesName(wife.born.Year)) {
		wife.usedName = husband.birthName
	}
	return s, true
}

// takesName is how often a wife born in a year uses her husband's name.
func takesName(born int) float64 {
	if born < 1965 {
		return 0.92
	}
	return 0.6
}

// widow gives many an old woman who lives alone the name of a husband.
func (b *builder) widow(p *person, class int) {
	if p.sex == registry.Female && (class == class60 && b.hits(0.4) || class == class75 && b.hits(0.85)) {
		p.usedName = b.surname(b.left.code)
	}
}

// family lodges a head, who is the holder, perhaps a spouse, and the children.
func (b *builder) family(h *household, head person, spouse *person, children int) []resident {
	members := []resident{b.lodge(h, head)}
	if spouse != nil {
		spouse.dependant = b.hits(0.6)
		own := *h // a spouse who is insured in their own right holds their own NIR
		members = append(members, b.lodge(&own, *spouse))
		if spouse.sex == registry.Male && spouse.sex != head.sex {
			h.surname = spouse.birthName
		}
	}
	return append(members, b.children(h, members, children)...)
}

// children draws as many as are left, no two of one birthday but twins and triplets, who have ranks.
func (b *builder) children(h *household, parents []resident, wanted int) []resident {
	taken, youngest := map[registry.Date]bool{}, oldest
	for _, p := range parents {
		taken[p.born] = true
		youngest = min(youngest, b.ageOf(p.born))
	}
	low, high := max(0, youngest-44), min(19, youngest-18)
	if low > high {
		return nil
	}
	lodged := []resident{}
	for len(lodged) < wanted {
		birth := b.born(b.between(low, high), b.today)
		if taken[birth] {
			continue
		}
		taken[birth] = true
		for rank := range min(b.litter(), wanted-len(lodged)) {
			child, ok := b.child(h, birth, rank+1)
			if !ok {
				return lodged
			}
			lodged = append(lodged, child)
		}
	}
	return lodged
}

// litter is how many children one birth brings.
func (c chance) litter() int {
	switch {
	case c.hits(0.0008):
		return 3
	case c.hits(0.03):
		return 2
	}
	return 1
}

// child takes one from the quotas.
func (b *builder) child(h *household, born registry.Date, rank int) (resident, bool) {
	sex := b.weighted(b.left.count[men][classYoung], b.left.count[women][classYoung])
	if sex < 0 {
		return resident{}, false
	}
	b.left.count[sex][classYoung]--
	p := person{
		sex: sexOf(sex), born: born, birthName: h.surname, usedName: h.surname, rank: rank,
		dependant: true, child: b.ageOf(born) < 16,
	}
	return b.lodge(h, p), true
}
