package storetest

import (
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var duplicateTests = group{
	"of rows of one person the first counts":                           populationDuplicates,
	"chains of duplicates end with what the order of the file decides": populationChain,
	"long chains of duplicates do, too":                                populationLongChain,
	"a duplicate that names someone known says nothing of them":        populationNamesKnown,
	"a duplicate that names someone known does not keep their row out": populationKeepsOut,
}

func populationDuplicates(e *env) {
	p := e.people5()
	p[1].Patient.Own = registrytest.NIR(920_001)
	same, moved, far := p[0], p[1], p[2]
	same.Patient.GivenNames, far.Patient.GivenNames = "Autre", "Autre"
	moved.Patient.Holder = registrytest.NIR(920_002)
	file := []registry.ImportedPerson{p[0], same, p[1], moved, p[2], p[3], p[4], far, moved}
	want := []registry.DuplicateRow{{Line: 3, Of: 2}, {Line: 5, Of: 4, Own: true}, {Line: 9, Of: 6}, {Line: 10, Of: 4, Own: true}}
	o := e.populated(file...)
	e.counts(o, registry.PopulationCounts{Created: 5, Duplicates: 4})
	e.equal("the duplicates", e.duplicates(), want)
	for _, one := range p {
		e.equal("the first", e.of(one.Patient).Patient, one.Patient)
	}
	// Now they are known.
	p[0].Patient.Phone, file[0].Patient.Phone = "0600000000", "0600000000"
	o = e.populated(file...)
	e.counts(o, registry.PopulationCounts{Updated: 1, Unchanged: 4, Duplicates: 4})
	e.equal("the duplicates", e.duplicates(), want)
	for _, one := range p {
		e.equal("the first", e.of(one.Patient).Patient, one.Patient)
	}
}

// populationChain: b is a duplicate of a, and so does not keep c out, which keeps d out.
func populationChain(e *env) {
	a, b, c := e.person(false), e.person(false), e.person(false)
	b.Patient.Own = a.Patient.Own
	c.Patient = b.Patient
	c.Patient.Own = registrytest.NIR(930_001)
	d := c
	d.Patient.GivenNames = "Autre"
	o := e.populated(a, b, c, d)
	e.counts(o, registry.PopulationCounts{Created: 2, Duplicates: 2})
	e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 3, Of: 2, Own: true}, {Line: 5, Of: 4}})
	e.equal("the person", e.of(c.Patient).Patient, c.Patient)
}

// populationLongChain: who would be a duplicate of a row that turns out to be one itself, and waits for a third to be known, is none.
func populationLongChain(e *env) {
	f, h, last, n := e.person(false), e.person(false), e.person(false), e.person(false)
	f.Patient.Own = nir.Number{}
	g := f
	g.Patient.Own = registrytest.NIR(930_002)
	h.Patient.Own, last.Patient.Own = g.Patient.Own, g.Patient.Own
	h.Patient.BirthDate, last.Patient.BirthDate = g.Patient.BirthDate, g.Patient.BirthDate
	n.Patient = last.Patient
	n.Patient.Own, n.Patient.GivenNames = nir.Number{}, "Autre"
	o := e.populated(f, g, h, last, n)
	e.counts(o, registry.PopulationCounts{Created: 3, Duplicates: 2})
	e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 3, Of: 2}, {Line: 5, Of: 4, Own: true}})
	e.equal("the person", e.of(n.Patient).Patient, n.Patient)
}

// populationNamesKnown: of two rows with one natural key, the later one has the number of someone who is known under another key. It is a duplicate
// of the earlier one, who is new; whoever is known stays as they are, and is not counted among the persons of the file.
func populationNamesKnown(e *env) {
	known, others := e.person(false), e.people5()
	known.Patient.Own = registrytest.NIR(930_003)
	e.populated(append(others, known)...)
	fresh := known
	fresh.Patient.Holder, fresh.Patient.Own = registrytest.NIR(930_004), nir.Number{}
	naming := fresh
	naming.Patient.Own, naming.Patient.GivenNames = known.Patient.Own, "Autre"
	o := e.populated(append([]registry.ImportedPerson{fresh, naming}, others...)...)
	e.counts(o, registry.PopulationCounts{Created: 1, Unchanged: 5, Duplicates: 1})
	e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 3, Of: 2}})
	e.equal("who is new", e.of(fresh.Patient).Patient, fresh.Patient)
	e.equal("who is known", e.of(known.Patient).Patient, known.Patient)
}

// populationKeepsOut: what the file says of someone known counts, though a duplicate with their number comes before it.
func populationKeepsOut(e *env) {
	known := e.person(false)
	known.Patient.Own = registrytest.NIR(930_005)
	e.populated(known)
	id := e.of(known.Patient).ID
	fresh := known
	fresh.Patient.Holder, fresh.Patient.Own = registrytest.NIR(930_006), nir.Number{}
	naming := fresh
	naming.Patient.Own = known.Patient.Own
	known.Patient.Phone = "0600000001"
	o := e.populated(fresh, naming, known)
	e.counts(o, registry.PopulationCounts{Created: 1, Updated: 1, Duplicates: 1})
	e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 3, Of: 2}})
	got := e.of(known.Patient)
	e.equal("who is known", got.Patient, known.Patient)
	e.equal("their record", got.ID, id)
}
