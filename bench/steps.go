package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// The steps of a practitioner's work, as turns of a load.

// Marks stand in a request for what differs from one to the next; each is as long as what it stands for.
var (
	recordMark  = strings.Repeat("R", len(targetedID(0)))
	requestMark = strings.Repeat("Q", len(requestID(0)))
	sessionMark = strings.Repeat("S", 43)
	numberMark  = strings.Repeat("N", 15) // a NIR with its key
	codeMark    = strings.Repeat("K", len(registry.TargetCode(1).Format()))
)

// requestID identifies a form, as the page that showed it would have.
func requestID(n int) string { return fmt.Sprintf("BENCHBENCHBENCH%011d", n) }

// doseForm is the form of a first dose.
func doseForm(request string) string {
	req := registrytest.DoseRequest()
	return url.Values{
		"request": {request}, registry.FieldVaccine: {req.Vaccine}, registry.FieldLot: {req.Lot},
		registry.FieldSite: {req.Site}, registry.FieldOccurrence: {req.Occurrence}, registry.FieldPerformerSelf: {req.PerformerSelf},
		registry.FieldPerformerFamily: {""}, registry.FieldPerformerGiven: {""}, registry.FieldPerformerNumber: {""},
		registry.FieldPlaceType: {req.PlaceType}, registry.FieldPlace: {req.Place}, registry.FieldPlaceName: {""},
		registry.FieldPlaceLocality: {""}, registry.FieldAMNumber: {""},
	}.Encode()
}

// eligibilityForm is the form of a declaration of eligibility.
func eligibilityForm(request string) string {
	req := registrytest.EligibilityRequest()
	return url.Values{
		"request": {request}, registry.FieldPrescribes: {req.Prescribes}, registry.FieldPrescriberFamily: {""},
		registry.FieldPrescriberGiven: {""}, registry.FieldPrescriberNumber: {""}, registry.FieldStructure: {""},
		registry.FieldPrescribedOn: {req.PrescribedOn}, registry.FieldHealthProfessional: {req.HealthProfessional},
		registry.FieldActivity: {""}, registry.FieldPatientAgrees: {"on"}, registry.FieldConditions: {"on"},
	}.Encode()
}

// postDose records a first dose of someone who has none.
func (n *nation) postDose() turn {
	m := newMold(postOf(n.product.address, "/dossiers/"+recordMark+"/vaccination-1", sessionMark, doseForm(requestMark)), recordMark, sessionMark, requestMark)
	return n.act(m, n.ready, "/vaccination-1")
}

// postEligibility declares someone eligible.
func (n *nation) postEligibility() turn {
	m := newMold(postOf(n.product.address, "/dossiers/"+recordMark+"/eligibilite", sessionMark, eligibilityForm(requestMark)), recordMark, sessionMark, requestMark)
	return n.act(m, n.blank, "/eligibilite")
}

func (n *nation) act(m mold, of *pool, leadsTo string) turn {
	return func(c *caller, _ int) (int, error) {
		i, err := of.next()
		if err != nil {
			return 0, err
		}
		id := string(targetedID(i))
		c.out = m.pour(c.out, id, n.session(c), requestID(i))
		r, err := c.send()
		if err != nil {
			return 0, err
		}
		return 0, r.must(http.StatusSeeOther, "/dossiers/"+id+leadsTo)
	}
}

// searchByCode finds someone by their code: the form alone, which leads to the record.
func (n *nation) searchByCode() turn {
	m := newMold(postOf(n.product.address, "/recherche", sessionMark, url.Values{"code": {codeMark}}.Encode()), sessionMark, codeMark)
	return func(c *caller, _ int) (int, error) {
		i := rand.IntN(n.persons)
		c.out = m.pour(c.out, n.session(c), targetCode(i).Format())
		r, err := c.send()
		if err != nil {
			return 0, err
		}
		return 0, r.must(http.StatusSeeOther, "/dossiers/"+string(targetedID(i)))
	}
}

// searchAndRead finds someone by their code and reads the record to which the form leads.
func (n *nation) searchAndRead() turn {
	find := n.searchByCode()
	m := newMold(getOf(n.product.address, "/dossiers/"+recordMark, sessionMark), recordMark, sessionMark)
	return func(c *caller, k int) (int, error) {
		if _, err := find(c, k); err != nil {
			return 0, err
		}
		c.out = m.pour(c.out, c.leads[len("/dossiers/"):], n.session(c))
		r, err := c.send()
		if err != nil {
			return 0, err
		}
		return 0, r.must(http.StatusOK, "")
	}
}

// keptNumber is a search by NIR: the name it was given, and the sealed cookie in which the service keeps it, which the
// browser brings back.
type keptNumber struct{ name, cookie string }

// keepNumber posts the form of a NIR.
func (n *nation) keepNumber() func(c *caller, i int) (keptNumber, error) {
	m := newMold(postOf(n.product.address, "/recherche", sessionMark, url.Values{"nir": {numberMark}}.Encode()), sessionMark, numberMark)
	const list = "/recherche/assures?recherche="
	return func(c *caller, i int) (keptNumber, error) {
		c.out = m.pour(c.out, n.session(c), compactNIR(i))
		r, err := c.send()
		if err != nil {
			return keptNumber{}, err
		}
		return keptNumber{strings.TrimPrefix(string(r.location), list), c.search}, r.must(http.StatusSeeOther, list)
	}
}

// listNumber asks for the list of who is attached to a NIR that was kept, and sees that someone is on it.
func (n *nation) listNumber() func(c *caller, i int, kept keptNumber) error {
	return func(c *caller, i int, kept keptNumber) error {
		c.out = append(c.out[:0], getOf(n.product.address, "/recherche/assures?recherche="+kept.name, n.session(c)+"; "+kept.cookie)...)
		r, err := c.send()
		if err == nil {
			err = r.must(http.StatusOK, "")
		}
		if err == nil && !strings.Contains(string(r.body), string(targetedID(i))) {
			err = errors.New("someone is not found by their number")
		}
		return err
	}
}

// searchByNIR finds someone by a NIR, as a browser does: the form, then the list to which it leads.
func (n *nation) searchByNIR() turn {
	keep, list := n.keepNumber(), n.listNumber()
	return func(c *caller, _ int) (int, error) {
		i := rand.IntN(n.persons)
		kept, err := keep(c, i)
		if err != nil {
			return 0, err
		}
		return 0, list(c, i, kept)
	}
}

// compactNIR is the NIR of a person as it is typed, without spaces.
func compactNIR(i int) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, registrytest.NIR(i).Format())
}

// readPage reads a page of the record of someone who has both doses.
func (n *nation) readPage(path string) turn {
	m := newMold(getOf(n.product.address, "/dossiers/"+recordMark+path, sessionMark), recordMark, sessionMark)
	return func(c *caller, _ int) (int, error) {
		c.out = m.pour(c.out, string(targetedID(n.complete.any(rand.IntN(n.persons)))), n.session(c))
		r, err := c.send()
		if err != nil {
			return 0, err
		}
		return 0, r.must(http.StatusOK, "")
	}
}
