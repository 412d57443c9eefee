package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// anyImports imports files drawn at random into an engine and into a model, which takes one row after the other. However a file is cut into
// parts, and wherever it is stopped, both have the same persons in the same records, tell the same of the rows, and keep the same doubts.
func anyImports(e *env) {
	sequences, broken := 0, false
	rapid.Check(e.T, func(t *rapid.T) {
		if sequences++; sequences > 40 && !broken { // each takes a while, and what is not kept shows in a few
			return
		}
		whole := false
		defer func() { broken = broken || !whole }()
		m := &importModel{env: e, numbers: e.people, doubts: map[modelledDoubt]bool{}}
		e.people += drawnNumbers
		for range rapid.IntRange(2, 5).Draw(t, "steps") {
			if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
				m.enter(t)
			} else {
				m.importFile(t)
			}
			m.compare(t)
		}
		whole = true
	})
}

// drawnNumbers are few, so that persons meet.
const drawnNumbers = 6

// importModel is what a store should know.
type importModel struct {
	*env
	numbers int // of which the next ones are drawn
	persons []*modelled
	doubts  map[modelledDoubt]bool
	begun   bool            // a file of which some parts are imported
	two     map[[2]int]bool // who were said to be two persons
	latest  string          // digest of the file imported last
}

type modelled struct {
	id      registry.RecordID
	gone    bool // their record is another's by now
	forgot  bool // how the row stood is not known any more: a rotation of keys came since
	patient registry.Patient
	row     registry.InsuredRow // imported last; of line 0 if none was
	seen    int64               // line in the file under way
}

// modelledDoubt is of two persons of the model, in either order.
type modelledDoubt struct {
	one, other int
	reason     registry.DoubtReason
}

func (m *importModel) number(t *rapid.T) nir.Number {
	return registrytest.NIR(m.numbers + 1 + rapid.IntRange(0, drawnNumbers-1).Draw(t, "number"))
}

// draw is someone of a few numbers, days, ranks and names.
func (m *importModel) draw(t *rapid.T) registry.Patient {
	p := registrytest.Patient(1)
	p.Holder, p.Own = m.number(t), nir.Number{}
	if rapid.IntRange(0, 3).Draw(t, "own") > 0 {
		p.Own = m.number(t)
	}
	p.BirthDate = registry.BirthDateOf(registry.MustDate(rapid.SampledFrom([]string{"1945-06-15", "1946-06-15"}).Draw(t, "born")))
	p.BirthRank = rapid.IntRange(1, 2).Draw(t, "rank")
	p.GivenNames = rapid.SampledFrom([]string{"Jeanne", "Paule"}).Draw(t, "names")
	p.Phone = rapid.SampledFrom([]string{"", "0612345678"}).Draw(t, "phone")
	return p
}

// enter enters someone by hand, who may be known.
func (m *importModel) enter(t *rapid.T) {
	p := m.draw(t)
	p.Own, p.Manual = nir.Number{}, true
	req := registrytest.RegistrationRequest()
	req.GivenNames, req.BirthDate, req.BirthRank, req.Phone = p.GivenNames, p.BirthDate.French(), fmt.Sprint(p.BirthRank), p.Phone
	id, known, err := m.registry.Register(m.ctx, m.doctor, p.Holder, req)
	asOwn := p
	asOwn.Own = p.Holder
	found := m.find(asOwn)
	if err != nil || known != (found != nil) {
		t.Fatalf("someone entered by hand: known %t, %v; the model %v", known, err, found)
	}
	if !known {
		m.persons = append(m.persons, &modelled{id: id, patient: p})
	}
}

// find is who a row is of: by the natural key, or else by their own number and birth date.
func (m *importModel) find(p registry.Patient) *modelled {
	for _, conditions := range []func(q registry.Patient) bool{
		func(q registry.Patient) bool { return q.Holder == p.Holder && q.BirthRank == p.BirthRank },
		func(q registry.Patient) bool { return !p.Own.IsZero() && q.Own == p.Own },
	} {
		for _, known := range m.persons {
			if !known.gone && known.patient.BirthDate == p.BirthDate && conditions(known.patient) {
				return known
			}
		}
	}
	return nil
}

func (m *importModel) importFile(t *rapid.T) {
	people := make([]registry.ImportedPerson, rapid.IntRange(1, 9).Draw(t, "rows"))
	for i := range people {
		people[i].Patient = m.draw(t)
	}
	rows := rowsOf(people...)
	file := cutFile(rows, rapid.IntRange(1, 9).Draw(t, "rows of a part"))
	already := file.Digest == m.latest
	if stop := rapid.IntRange(0, 2*file.Parts).Draw(t, "stop"); stop < file.Parts && !already {
		if _, err := m.populate(stoppedAfter(file, stop)); !errors.Is(err, errStopped) {
			t.Fatal(err)
		}
	}
	got, err := m.populate(file)
	if err != nil || got.Already != already {
		t.Fatalf("imported before: %t, %v", got.Already, err)
	}
	if already {
		return
	}
	m.latest = file.Digest
	counts, duplicates := m.take(rows)
	m.same(t, "the counts", got.PopulationCounts, counts)
	m.same(t, "the duplicates", m.duplicates(), duplicates)
}

// take takes the rows of a file one after the other.
func (m *importModel) take(rows []registry.InsuredRow) (c registry.PopulationCounts, duplicates []registry.DuplicateRow) {
	m.begin()
	duplicates = m.takeRows(rows, &c)
	m.settle()
	return c, duplicates
}

// begin begins a file.
func (m *importModel) begin() {
	for _, known := range m.persons {
		known.seen = 0
	}
}

func (m *importModel) takeRows(rows []registry.InsuredRow, c *registry.PopulationCounts) (duplicates []registry.DuplicateRow) {
	for _, row := range rows {
		line := row.Line
		row.Line = 1
		p := m.find(row.Patient)
		switch {
		case p == nil:
			p = &modelled{}
			m.persons = append(m.persons, p)
			c.Created++
		case p.seen != 0:
			own := p.patient.Holder != row.Holder || p.patient.BirthRank != row.BirthRank
			duplicates = append(duplicates, registry.DuplicateRow{Line: line, Of: p.seen, Own: own})
			c.Duplicates++
			continue
		case p.row == row && !p.forgot:
			p.seen = line
			c.Unchanged++
			continue
		default:
			c.Updated++
		}
		m.write(p, row)
		p.seen = line
	}
	return duplicates
}

// settle ends a file: whoever was entered by hand and is reconciled is in doubt no more.
func (m *importModel) settle() {
	maps.DeleteFunc(m.doubts, m.settled)
	m.begun = false
}

// settled tells that a doubt was about somebody entered by hand, who is reconciled by now.
func (m *importModel) settled(d modelledDoubt, _ bool) bool {
	return !slices.Contains([]registry.DoubtReason{registry.DoubtOwn, registry.DoubtElsewhere}, d.reason) &&
		!m.persons[d.one].patient.Manual && !m.persons[d.other].patient.Manual
}

// write gives someone what a row says, and keeps whom they may be.
func (m *importModel) write(p *modelled, row registry.InsuredRow) {
	was, known := p.patient, p.row.Line != 0
	p.row, p.patient, p.forgot = row, row.Patient, false
	if row.Own.IsZero() {
		p.patient.Own = was.Own
	}
	if was.Manual {
		p.patient.Contact = row.Completed(was.Contact)
	}
	moved := was.Holder != row.Holder || was.BirthRank != row.BirthRank || was.Own != p.patient.Own
	met := map[registry.DoubtReason]bool{}
	for i, other := range m.persons {
		q := other.patient
		sameBirth := q.BirthDate == row.BirthDate
		var reason registry.DoubtReason
		switch {
		case other == p || other.gone:
		case !row.Own.IsZero() && q.Own == row.Own && sameBirth:
			reason = registry.DoubtElsewhere
		case !row.Own.IsZero() && q.Own == row.Own:
			reason = registry.DoubtOwn
		case !q.Manual || known && !moved:
		case q.Holder == row.Holder && sameBirth:
			reason = registry.DoubtRank
		case q.Holder == row.Holder && q.BirthRank == row.BirthRank && q.GivenNames == row.GivenNames:
			reason = registry.DoubtBirth
		case q.Holder == row.Own && row.Own != row.Holder && sameBirth:
			reason = registry.DoubtTyped
		}
		if ofNumbers := reason == registry.DoubtOwn || reason == registry.DoubtElsewhere; reason == "" || ofNumbers && met[reason] {
			continue // of a number that many share the pair with the first of them is kept
		}
		met[reason] = true
		n := slices.Index(m.persons, p)
		if !m.two[[2]int{min(n, i), max(n, i)}] {
			m.doubts[modelledDoubt{min(n, i), max(n, i), reason}] = true
		}
	}
}

// compare holds the store against the model.
func (m *importModel) compare(t *rapid.T) {
	at := map[registry.RecordID]int{}
	for i, p := range m.persons {
		if p.gone {
			continue
		}
		id, err := m.store.FindByKey(m.ctx, p.patient.Holder, p.patient.BirthDate, p.patient.BirthRank)
		if err != nil || p.id != "" && id != p.id {
			t.Fatalf("a person is in the record %s, and was in %s: %v", id, p.id, err)
		}
		p.id, at[id] = id, i
		m.same(t, "a person", m.record(id).Patient, p.patient)
	}
	for n := range drawnNumbers {
		found, err := m.store.FindByNIR(m.ctx, registrytest.NIR(m.numbers+1+n), m.event(registry.ActionSearchNIR), registry.Toll{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			if _, known := at[r.ID]; !known {
				t.Fatal("a record is nobody's of the model")
			}
		}
	}
	listed, err := m.store.DoubtfulMatches(m.ctx, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	doubts := map[modelledDoubt]bool{}
	for _, d := range listed {
		one, ofThese := at[d.Record]
		other := at[d.Other]
		pair := modelledDoubt{min(one, other), max(one, other), d.Reason}
		if ofThese && doubts[pair] {
			t.Fatal("two are in doubt twice")
		}
		if ofThese {
			doubts[pair] = true
		}
	}
	want := maps.Clone(m.doubts)
	if m.begun { // before a file ends it depends on its parts: of two rows of one part the second may reconcile whom the first may be
		maps.DeleteFunc(doubts, m.settled)
		maps.DeleteFunc(want, m.settled)
	}
	m.same(t, "the doubts", doubts, want)
}

func (m *importModel) same(t *rapid.T, what string, got, want any) {
	if diff := cmp.Diff(want, got, compared, cmp.AllowUnexported(modelledDoubt{})); diff != "" {
		t.Fatalf("%s: not as in the model (-model +store):\n%s", what, diff)
	}
}
