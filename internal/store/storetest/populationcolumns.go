package storetest

import (
	"errors"
	"strings"

	"vaccin/internal/registry"
)

var columnTests = group{
	"a file that lacks columns of the one before is refused before anything is written": columnsAbsent,
	"which columns are meant to be absent is said by their names":                       columnsNamed,
	"an import that was confirmed goes on without being confirmed again":                columnsResumed,
	"an import that another file would have replaced goes on when that one is refused":  columnsUnreplaced,
	"only what an import brought and kept the columns of is asked about":                columnsUnknown,
}

// having is a file of those persons that has the required columns and these.
func having(columns string, people ...registry.ImportedPerson) registry.PopulationFile {
	file := fileOf(rowsOf(people...))
	file.Columns = strings.Fields("nir_ouvrant_droit " + columns)
	file.Digest += columns
	return file
}

// erasing is the file, with the word that these columns are meant to be absent.
func erasing(file registry.PopulationFile, columns ...string) registry.PopulationFile {
	file.Erasing = columns
	return file
}

// asksAbout sees that a file is refused for these columns, as a trial of it can tell, and that nothing of it is written.
func (e *env) asksAbout(file registry.PopulationFile, columns string) {
	e.Helper()
	events := len(e.events())
	_, err := e.populate(file)
	var refused *registry.Error
	if !errors.As(err, &refused) || refused.Kind != registry.KindUnconfirmed || !strings.Contains(refused.Message, "--erase-absent-columns "+columns+"\u00a0»") {
		e.Errorf("a file without %s: %v", columns, err)
	}
	earlier, failed := e.store.PopulationColumns(e.ctx)
	e.ok(failed)
	if told := file.MayFollow(earlier); told == nil || refused == nil || told.Error() != refused.Message {
		e.Errorf("a trial of a file without %s: %v", columns, told)
	}
	e.equal("the events", len(e.events()), events)
}

// comesIn sees that a file is imported, and which columns it erased.
func (e *env) comesIn(file registry.PopulationFile, erased ...string) registry.PopulationOutcome {
	e.Helper()
	o, err := e.populate(file)
	e.ok(err)
	e.equal("whether it was imported before", o.Already, false)
	e.equal("what is erased", o.Erased, erased)
	return o
}

func columnsAbsent(e *env) {
	people := e.people5()
	before := having("nir telephone email", people...)
	e.comesIn(before)
	phone := people[0].Patient.Phone
	people[0].Patient.Phone = ""
	newer := having("email", people...)
	e.asksAbout(newer, "telephone")
	e.equal("the telephone", e.of(people[0].Patient).Patient.Phone, phone)
	o, err := e.populate(before)
	e.ok(err)
	e.equal("the import before is the last one", o.Already, true)

	e.counts(e.comesIn(erasing(newer, "telephone"), "telephone"), registry.PopulationCounts{Updated: 1, Unchanged: 4})
	e.equal("the telephone", e.of(people[0].Patient).Patient.Phone, "")
	o, err = e.populate(newer)
	e.ok(err)
	e.equal("the same file again is told", o.Already, true)
	e.comesIn(having("email residence", people...))
	e.asksAbout(having("", people...), "email,residence")
}

func columnsNamed(e *env) {
	people := e.people5()
	e.comesIn(having("telephone email", people...))
	newer := having("", people...)
	for _, other := range [][]string{{"telephone"}, {"email"}, {"commune", "residence"}} {
		e.asksAbout(erasing(newer, other...), "telephone,email")
	}
	e.comesIn(erasing(newer, "email", "telephone", "commune"), "telephone", "email")
}

func columnsResumed(e *env) {
	people := e.people5()
	e.comesIn(having("telephone", people...))
	newer := having("", people...)
	_, err := e.populate(stoppedAfter(erasing(newer, "telephone"), 1))
	e.fails(err, errStopped)
	e.comesIn(newer, "telephone")
}

func columnsUnreplaced(e *env) {
	people := e.people5()
	e.comesIn(having("telephone", people...))
	begun := having("telephone commune", people...)
	_, err := e.populate(stoppedAfter(begun, 1))
	e.fails(err, errStopped)
	e.asksAbout(having("commune", people...), "telephone")
	events := e.eventsOf(registry.ActionImportPersons)
	e.comesIn(begun)
	e.equal("the parts that were left", e.eventsOf(registry.ActionImportPersons), events+1)
}

func columnsUnknown(e *env) {
	people := e.people5()
	e.populated(people...) // as the version before kept it
	earlier, err := e.store.PopulationColumns(e.ctx)
	e.ok(err)
	e.equal("the columns", len(earlier), 0)
	_, err = e.populate(stoppedAfter(having("telephone", people...), 1))
	e.fails(err, errStopped)
	e.equal("in the place of another", e.comesIn(having("email", people...)).Instead, true)
	// Neither of nobody's file nor of one of which the columns are not known is it said that the e-mail addresses went.
	e.comesIn(erasing(having(""), "email"), "email")
	e.asksAbout(having("telephone", people...), "email")
	e.populated(people[:4]...)
	e.asksAbout(having("telephone", people...), "email")
}
