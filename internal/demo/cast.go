package demo

import (
	"slices"

	"vaccin/internal/nir"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// role is someone of the cast: invented people who are always there, whatever the seed and the size, so
// that each page has a known example. Those without a title are the family of the one before.
type role struct {
	title   string // of the example in the cheat sheet, in French
	note    string // what to try, in French
	account string // of the doctor who acts; who may modify is its author

	given, birthName, usedName string
	sex                        registry.Sex
	born                       string // eight digits, perhaps a lunar date
	rank                       int    // 1 when 0
	department, postalCode     string
	town                       string

	bornIn      birthplace // that of residence when zero
	bornMonth   int        // in the NIR, where it is not that of the birth date
	provisional bool
	dependant   bool // under the NIR of the role before that is not
	child       bool // without a NIR of their own that is known
	targeted    bool // by an early phase, whatever the age
	careHome    bool // lives in the simulator's care home
	unknown     bool // not in the referential: entered by hand by the story
	brought     bool // by a newer referential, which tells otherwise than whoever entered them

	story func(s *story, c calendar)
}

// calendar holds the days on which the stories of the cast happen, counted from today.
type calendar struct {
	today registry.Date
	start registry.Date
	ref   registry.Reference
}

// ago is the day so many days before today, if the campaign had begun.
func (c calendar) ago(days int) (registry.Date, bool) {
	day := c.today.AddDays(-days)
	return day, !day.Before(c.start)
}

// firstOf is the last day on which a first dose had to be given for the second to be due so many days
// before today, and the day on which it is due.
func (c calendar) firstOf(vaccine string, before int) (first, second registry.Date, ok bool) {
	second = c.today.AddDays(-before)
	for first = second; !first.Before(c.start); first = first.AddDays(-1) {
		schedule, known := c.ref.ScheduleFor(vaccine, first, c.today)
		if known && !first.AddDays(schedule.Recommended).After(second) {
			return first, second, true
		}
	}
	return first, second, false
}

// summon makes the residents of the cast. Their numbers are taken before any other, so that they do not
// depend on the size of the country.
func (b *builder) summon(roles []role, g *gazetteer, glycines *establishment, k *codes) ([]resident, error) {
	residents := make([]resident, 0, len(roles))
	var h *household
	for _, r := range roles {
		if !r.dependant {
			locality, err := g.at(r.department, r.postalCode, r.town)
			if err != nil {
				return nil, err
			}
			h = &household{department: r.department, address: b.address(), locality: locality, landline: b.landlineOf(r.department)}
			if r.careHome {
				h.careHome, h.address = glycines, glycines.Name+", "+glycines.Address
			}
		}
		one, err := b.engage(r, h)
		if err != nil {
			return nil, err
		}
		if one.targeted = targetedFrom(one, b.today); one.targeted.IsZero() && r.targeted {
			one.targeted = campaignStart
		}
		if !one.targeted.IsZero() && !r.unknown {
			one.Code = k.give()
		}
		residents = append(residents, one)
	}
	return residents, nil
}

// engage makes one resident of the cast.
func (b *builder) engage(r role, h *household) (resident, error) {
	birth, err := registry.BirthDateFromDigits(r.born)
	if err != nil {
		return resident{}, err
	}
	day, ok := birth.Date()
	if !ok { // a lunar date: the year is all that is known
		lunar, err := registry.BirthDateFromDigits(r.born[:4] + "0701")
		if err != nil {
			return resident{}, err
		}
		day, _ = lunar.Date()
	}
	own := nir.Number{}
	if !r.child {
		own = b.castNumber(r, day)
	}
	if !r.dependant {
		h.holder = own
	}
	p := person{sex: r.sex, born: day, birthName: r.birthName, usedName: r.usedName, rank: max(r.rank, 1)}
	if p.usedName == "" {
		p.usedName = p.birthName
	}
	identity := registry.Identity{
		BirthName: p.birthName, UsedName: p.usedName, GivenNames: r.given, Sex: r.sex, BirthDate: birth, BirthRank: p.rank,
	}
	contact := b.contact(h, p, r.given)
	contact.Address, contact.Locality = h.address, h.locality
	return resident{
		department: h.department, born: day, careHome: h.careHome,
		ImportedPerson: registry.ImportedPerson{
			ID: b.recordID(), Patient: registry.Patient{Holder: h.holder, Own: own, Identity: identity, Contact: contact},
		},
	}, nil
}

func (b *builder) castNumber(r role, born registry.Date) nir.Number {
	if r.provisional {
		return b.numbers.provisional(r.sex, born)
	}
	place, month := r.bornIn, int(born.Month)
	if place.department == "" {
		place.department = departmentAtBirth(r.department, born.Year)
	}
	if r.bornMonth > 0 {
		month = r.bornMonth
	}
	return b.numbers.give(firstDigit(r.sex), born.Year, month, place)
}

// doctorOf is who acts in a role's story: that of the account, or else a doctor of the department.
func (s *set) doctorOf(r role) doctor {
	if d, ok := s.staff.accounts[r.account]; ok {
		return d
	}
	return s.staff.local[r.department][0]
}

// rehearse tells the stories of the cast, each with its role's index.
func (s *set) rehearse(roles []role, residents []resident) []*story {
	stories := make([]*story, len(roles))
	for i, r := range roles {
		stories[i] = s.begin(residents[i], s.doctorOf(r))
		if r.story != nil {
			r.story(stories[i], calendar{s.today, s.start, s.ref})
		}
	}
	return stories
}

// support is the assistance agent of the demo.
var support = registry.Actor{
	Role: registry.RoleSupport, Door: registry.DoorCommand,
	Practitioner: registry.Practitioner{NationalID: "ASSISTANCE-DEMO", FamilyName: "ASSISTANCE", GivenName: "Agent"},
}

// otherLot is a lot of the vaccine other than the one given.
func (s *story) otherLot(vaccine, lot string) string {
	lots := s.set.lots[vaccine]
	return lots[(slices.Index(lots, lot)+1)%len(lots)]
}

// comirnaty keeps the lines of the stories short.
const comirnaty = referential.VaccineComirnaty
