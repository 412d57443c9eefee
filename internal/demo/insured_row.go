package demo

import (
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// insuredRow is a row being written: its text, and where each cell ends.
type insuredRow struct {
	text []byte
	ends []int
}

func (r *insuredRow) start() { r.text, r.ends = r.text[:0], r.ends[:0] }

// end closes a cell.
func (r *insuredRow) end() {
	r.ends = append(r.ends, len(r.text))
	r.text = append(r.text, ';')
}

func (r *insuredRow) cell(text string) {
	r.text = append(r.text, text...)
	r.end()
}

func (r *insuredRow) number(n *insuredNumber) {
	if !n.isZero() {
		r.text = append(r.text, n[:]...)
	}
	r.end()
}

// write writes one person, in the order of insuredHeader.
func (f *insuredFile) write(h *insuredHousehold, p *insuredPerson) {
	r := &f.row
	r.start()
	r.number(&h.holder)
	r.number(&p.own)
	r.text = appendDigits(r.text, p.year, 4)
	if p.from != nil && p.year < 1966 && p.own == h.holder && f.hits(0.02) { // only the year is known
		r.text = append(r.text, "0000"...)
	} else {
		r.text = appendDigits(appendDigits(r.text, p.month, 2), p.of, 2)
	}
	r.end()
	r.text = strconv.AppendInt(r.text, int64(p.rank), 10)
	r.end()
	r.cell(p.birthName)
	if p.usedName != p.birthName {
		r.text = append(r.text, p.usedName...)
	}
	r.end()
	given := f.writeGivenNames(p)
	if p.female {
		r.cell("F")
	} else {
		r.cell("M")
	}
	f.writeContact(h, p, given)
	f.writeInsured(h, p)
	r.text[len(r.text)-1] = '\n'
	f.line++
	f.rows++
	if f.options.BadEvery > 0 && f.rows%f.options.BadEvery == 0 {
		f.spoil()
	}
	if _, err := f.out.Write(r.text); err != nil && f.err == nil {
		f.err = err
	}
}

// writeGivenNames writes one given name, or two for a third of the people, and returns the first.
func (f *insuredFile) writeGivenNames(p *insuredPerson) string {
	sex := registry.Male
	if p.female {
		sex = registry.Female
	}
	list := namesOf(sex, p.year)
	if p.from != nil {
		list = p.from.names[sexIndex(sex)]
	}
	first := pick(f.chance, list)
	f.row.text = append(f.row.text, first...)
	if p.from == nil && f.hits(0.35) {
		if second := pick(f.chance, namesOf(sex, p.year-25)); second != first {
			f.row.text = append(append(f.row.text, ' '), second...)
		}
	}
	f.row.end()
	return first
}

// writeContact writes how to reach someone; for some, parts of it are not known.
func (f *insuredFile) writeContact(h *insuredHousehold, p *insuredPerson, given string) {
	r := &f.row
	switch known := f.hits(0.94); {
	case known && h.home != nil:
		r.cell(h.home.address)
		f.writePlace(h.home.place)
	case known:
		r.text = strconv.AppendInt(r.text, int64(h.number), 10)
		r.text = append(r.text, ' ')
		r.cell(h.street)
		f.writePlace(h.place)
	default:
		r.cell("")
		f.writePlace(";;")
	}
	switch {
	case p.age >= 16 && f.hits(mobileRate(p.age)):
		r.text = appendDigits(append(r.text, "063998"...), f.IntN(10_000), 4)
	case f.hits(0.7):
		r.text = appendDigits(append(r.text, f.landline...), h.landline, 4)
	}
	r.end()
	if p.age >= 16 && p.age < 85 && f.hits(0.5) {
		r.text = append(append(r.text, f.inAddress(given)...), '.')
		r.text = append(r.text, f.inAddress(p.usedName)...)
		r.text = strconv.AppendInt(r.text, int64(f.between(1, 99)), 10)
		r.text = append(r.text, pick(f.chance, mailHosts)...)
	}
	r.end()
}

var mailHosts = []string{"@exemple.fr", "@example.org"}

// writePlace writes the three cells of a locality.
func (f *insuredFile) writePlace(cells string) {
	for range 2 {
		var cell string
		cell, cells, _ = strings.Cut(cells, ";")
		f.row.cell(cell)
	}
	f.row.cell(cells)
}

// inAddress is a name as it stands in an e-mail address.
func (f *insuredFile) inAddress(name string) string {
	folded, ok := f.folded[name]
	if !ok {
		folded = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, registry.Fold(name))
		f.folded[name] = folded
	}
	return folded
}

// writeInsured writes what campaigns ask about: where the person lives and works, their conditions, scheme and death.
func (f *insuredFile) writeInsured(h *insuredHousehold, p *insuredPerson) {
	r := &f.row
	f.writeResidence(h, p)
	occupation, workplace := "", ""
	if p.age >= 20 && p.age < 66 && h.home == nil && f.hits(0.15) {
		job := f.occupation()
		occupation, workplace = job.occupation, pick(f.chance, job.workplaces)
	}
	r.cell(occupation)
	r.cell(workplace)
	f.writeConditions(p)
	r.cell(h.scheme)
	if p.age > 0 && f.hits(0.0008*float64(p.age/10)) {
		day := f.today - f.Int64N(300)
		y, m, d := civil(day)
		r.text = append(appendDigits(r.text, y, 4), '-')
		r.text = append(appendDigits(r.text, m, 2), '-')
		r.text = appendDigits(r.text, d, 2)
	}
	r.end()
}

func (f *insuredFile) writeResidence(h *insuredHousehold, p *insuredPerson) {
	r := &f.row
	residence, establishment := "DOMICILE", ""
	switch at := f.Float64(); {
	case h.home != nil && at < 0.96:
		residence, establishment = "EHPAD", h.home.finess
	case h.home != nil:
		residence, establishment = "USLD", h.home.finess
	case p.age >= 75 && at < 0.025:
		residence = "RESIDENCE_AUTONOMIE"
	case p.age >= 75 && at < 0.04:
		residence = "RESIDENCE_SERVICES"
	case p.age >= 18 && at < 0.009:
		residence = rareResidences[int(at*1000)]
	case at > 0.97:
		residence = "" // not told
	}
	r.cell(residence)
	r.cell(establishment)
}

// rareResidences each hold one adult of a thousand.
var rareResidences = []string{
	"MAS", "FAM", "FOYER_VIE", "FTM", "HEBERGEMENT_SOCIAL", "PRISON", "PSYCHIATRIE", "RUE", "AUTRE_LONG_SEJOUR",
}

// job is a kind of work, how many of a hundred who have one of these do it, and where.
type job struct {
	occupation string
	weight     int
	workplaces []string
}

var jobs = []job{
	{"ESSENTIEL", 52, []string{"", "", "", "MILIEU_CLOS", "PRISON", "HEBERGEMENT_COLLECTIF"}},
	{"SANTE", 22, []string{"ETABLISSEMENT_SANTE", "ETABLISSEMENT_SANTE", "CABINET", "EHPAD", "USLD", "PSYCHIATRIE"}},
	{"MEDICO_SOCIAL", 14, []string{"EHPAD", "MEDICO_SOCIAL", "AUTRE_LONG_SEJOUR", "MEDICO_SOCIAL"}},
	{"AIDE_DOMICILE", 7, []string{"DOMICILE_PATIENTS"}},
	{"POMPIER", 4, []string{""}},
	{"TRANSPORT_SANITAIRE", 1, []string{"", "ETABLISSEMENT_SANTE"}},
}

func (f *insuredFile) occupation() job {
	at := f.IntN(100)
	for _, j := range jobs {
		if at -= j.weight; at < 0 {
			return j
		}
	}
	return jobs[0]
}

// frequentALD are long-term conditions roughly as often as they are met, with the comorbidity that goes with each.
var frequentALD = []struct{ number, comorbidity string }{
	{"8", "DIABETE"},
	{"8", "DIABETE"},
	{"8", "DIABETE"},
	{"8", "DIABETE"},
	{"30", "CANCER"},
	{"30", "CANCER"},
	{"30", "CHIMIOTHERAPIE"},
	{"13", "CORONAROPATHIE"},
	{"13", "CORONAROPATHIE"},
	{"23", ""},
	{"23", ""},
	{"5", "INSUFFISANCE_CARDIAQUE"},
	{"5", ""},
	{"3", ""},
	{"1", "AVC"},
	{"15", ""},
	{"14", "INSUFFISANCE_RESPIRATOIRE"},
	{"12", "HTA_COMPLIQUEE"},
	{"31", ""},
	{"32", "POLYPATHOLOGIE"},
	{"19", "RENALE_SEVERE"},
	{"28", "GREFFE_ORGANE"},
	{"6", "CIRRHOSE"},
	{"16", "PARKINSON"},
	{"25", "SCLEROSE_EN_PLAQUES"},
	{"7", "IMMUNODEPRESSION"},
	{"20", "PLEGIE"},
	{"9", ""},
	{"10", "DREPANOCYTOSE"},
	{"18", "MUCOVISCIDOSE"},
}

// conditionRate is how often someone of an age has a long-term condition.
func conditionRate(age int) float64 {
	switch {
	case age < 20:
		return 0.02
	case age < 40:
		return 0.05
	case age < 60:
		return 0.13
	case age < 75:
		return 0.30
	}
	return 0.52
}

// writeConditions writes the long-term conditions and the comorbidities.
func (f *insuredFile) writeConditions(p *insuredPerson) {
	r := &f.row
	comorbidities, n := [3]string{}, 0
	add := func(code string) {
		if code != "" {
			comorbidities[n] = code
			n++
		}
	}
	if f.hits(conditionRate(p.age)) {
		first := pick(f.chance, frequentALD)
		r.text = append(r.text, first.number...)
		add(first.comorbidity)
		if second := pick(f.chance, frequentALD); f.hits(0.25) && second.number != first.number {
			r.text = append(append(r.text, '|'), second.number...)
			add(second.comorbidity)
		}
	}
	r.end()
	switch at := f.Float64(); {
	case p.age >= 18 && at < 0.12:
		add("OBESITE")
	case p.age >= 40 && at < 0.15:
		add("HTA_COMPLIQUEE")
	case at > 0.9995:
		add("TRISOMIE_21")
	}
	for i, code := range comorbidities[:n] {
		if i > 0 {
			r.text = append(r.text, '|')
		}
		r.text = append(r.text, code...)
	}
	r.end()
}
