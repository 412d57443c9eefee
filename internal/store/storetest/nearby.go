package storetest

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var nearbyTests = group{
	"where localities are is kept, whatever is imported of them later":  pointsKept,
	"all places of a type are told whole":                               placesToldWhole,
	"a place that is gone is closed to the public, and to nobody else":  placesGone,
	"letters list the places near, as they were chosen":                 nearbyListed,
	"letters list who receives people once their campaign opens":        nearbyFromOpening,
	"a batch that lists a place that closed is printed no more":         nearbyClosed,
	"letters of a layout that lists no places are printed as they were": nearbyOfBefore,
	"what letters list is kept with their batch or not at all":          nearbyWithBatch,
}

// paris is where the persons of these tests live.
var paris = registry.LocalityPoint{PostalCode: "75011", Name: "Paris", Point: registry.PointOf(48.858, 2.379)}

// bastille and gambetta are centres that receive everybody, both known where they are.
func bastille() registry.VaccinationPlace {
	p := registrytest.Places()[2]
	p.Public, p.Opens, p.Point = true, registry.MustDate("2021-01-18"), registry.PointOf(48.853, 2.369)
	return p
}

func gambetta() registry.VaccinationPlace {
	return registry.VaccinationPlace{
		ID: "DATAGOUV:20", Type: registry.PlaceTypeCentre, Name: "Gymnase Gambetta", Address: "1 rue Belgrand", PostalCode: "75020", Locality: "Paris",
		Label: "75020 Gymnase Gambetta, 1 rue Belgrand, Paris", Public: true, Point: registry.PointOf(48.865, 2.399),
	}
}

func (e *env) places(places ...registry.VaccinationPlace) {
	e.Helper()
	e.importReference(registry.ReferenceChange{Points: []registry.LocalityPoint{paris}, Places: places})
}

// placesPrinter is printer with a list of places in each letter, from the layout that it says on.
func placesPrinter(layout int, earlier ...int) registry.BatchPrinter {
	p := printer()
	p.Layout, p.Earlier, p.Places = layout, earlier, 2
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		for r, err := range letters {
			if err != nil {
				return err
			}
			line := fmt.Sprint(r.Number, " ", r.UsedName)
			for _, v := range r.Near {
				if b.Layout > 1 {
					line += "; " + v.Name + ", " + v.AddressLine()
				}
			}
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
		return nil
	}
	return p
}

// printed is a batch that was asked for and made by a printer, with its bytes.
func (e *env) printed(run int, p registry.BatchPrinter) (registry.Batch, string) {
	e.Helper()
	b := e.asked(run, 0)
	var out bytes.Buffer
	b, err := e.registry.WorkBatch(e.ctx, e.manager(), b.BatchKey, p, &out, nil)
	e.ok(err)
	return b, out.String()
}

// again are the bytes of a batch printed again.
func (e *env) again(b registry.Batch, p registry.BatchPrinter) (string, error) {
	e.Helper()
	var out bytes.Buffer
	_, write, err := e.registry.Deliver(e.ctx, e.manager(), b.BatchKey, p)
	if err == nil {
		err = write(&out)
	}
	return out.String(), err
}

func pointsKept(e *env) {
	stEtienne := registry.LocalityPoint{PostalCode: "42000", Name: "Saint-Étienne", Point: registry.PointOf(45.43, 4.39)}
	elsewhere := registry.LocalityPoint{PostalCode: "42001", Name: "Saint-Étienne", Point: registry.PointOf(45.43, 4.39)}
	spelt := paris
	spelt.Name = "PARIS"
	points := func() []registry.LocalityPoint {
		all, err := e.store.LocalityPoints(e.ctx)
		e.ok(err)
		return all
	}
	e.equal("before any", len(points()), 0)
	e.importReference(registry.ReferenceChange{Points: []registry.LocalityPoint{spelt, stEtienne, elsewhere}})
	e.equal("the points", points(), []registry.LocalityPoint{stEtienne, paris})
	e.importReference(registry.ReferenceChange{Localities: registrytest.Localities()})
	e.equal("after an import of the localities", points(), []registry.LocalityPoint{stEtienne, paris})
	south := stEtienne
	south.Point = registry.Point{Latitude: -21345200, Longitude: -179999999}
	e.importReference(registry.ReferenceChange{Points: []registry.LocalityPoint{south}})
	e.equal("after another point", points(), []registry.LocalityPoint{south, paris})
}

func placesToldWhole(e *env) {
	closing, unknown := bastille(), registrytest.Places()[3]
	closing.Closed = registry.MustDate("2021-06-30")
	e.places(closing, gambetta())
	got, err := e.store.PlacesOfType(e.ctx, registry.PlaceTypeCentre)
	e.ok(err)
	e.equal("the centres", got, []registry.VaccinationPlace{gambetta(), closing, unknown})
	closing.Closed, closing.Opens, closing.Public, closing.Point = registry.Date{}, registry.Date{}, false, registry.Point{}
	e.places(closing)
	got, err = e.store.PlacesOfType(e.ctx, registry.PlaceTypeCentre)
	e.ok(err)
	e.equal("the centres after another import", got, []registry.VaccinationPlace{gambetta(), closing, unknown})
}

func placesGone(e *env) {
	e.places(bastille(), gambetta())
	e.importReference(registry.ReferenceChange{GonePlaces: []string{bastille().ID, "DATAGOUV:404"}})
	gone := bastille()
	gone.Public = false
	got, err := e.store.PlacesOfType(e.ctx, registry.PlaceTypeCentre)
	e.ok(err)
	e.equal("the centres", got, []registry.VaccinationPlace{gambetta(), gone, registrytest.Places()[3]})
	e.placesFound(registrytest.PlaceCentre, "bastille", gone) // doses given there are still recorded
	e.places(bastille())
	e.placesFound(registrytest.PlaceCentre, "bastille", bastille())
}

func nearbyListed(e *env) {
	e.places(bastille(), gambetta())
	run := e.targeted(e.old(2)...)
	p := placesPrinter(3)
	b, text := e.printed(run, p)
	want := "Durand; Centre de la Bastille, 1 rue de la Paix, 75011\u00a0Paris; Gymnase Gambetta, 1 rue Belgrand, 75020\u00a0Paris\n"
	e.equal("the letters", text, "1 "+want+"2 "+want)
	// Later the nearer one has another name and moves, one opens at the door, and Paris is elsewhere.
	moved, opened := bastille(), gambetta()
	moved.Name, moved.Point = "Centre de la République", gambetta().Point
	opened.ID, opened.Label, opened.Name, opened.Point = "DATAGOUV:1", "75011 Nouveau", "Nouveau", paris.Point
	e.places(moved, opened)
	e.importReference(registry.ReferenceChange{Points: []registry.LocalityPoint{{PostalCode: "75011", Name: "Paris", Point: registry.PointOf(48.8, 2.3)}}})
	got, err := e.again(b, p)
	e.ok(err)
	e.equal("the bytes after an import", got, text)
	next := e.asked(run, b.Part)
	var out bytes.Buffer
	_, err = e.registry.WorkBatch(e.ctx, e.manager(), next.BatchKey, p, &out, nil)
	e.ok(err)
	if !strings.Contains(out.String(), "Nouveau") || strings.Contains(out.String(), "Bastille") {
		e.Errorf("the next batch lists other places: %s", out.String())
	}
	third := e.asked(run, b.Part)
	e.equal("what two batches list that were asked for between two imports", third.Places, next.Places)
}

func nearbyFromOpening(e *env) {
	campaign, opening, closing := elders(), bastille(), gambetta()
	campaign.Opens = registry.MustDate("2021-02-15")
	opening.Opens, closing.Closed = campaign.Opens, campaign.Opens.AddDays(-1)
	e.places(opening, closing)
	e.imported(e.old(1)...)
	run := e.preparedOf(campaign, true)
	e.carriedOut(run)
	b, text := e.printed(run, placesPrinter(3))
	e.equal("the letter", text, "1 Durand; Centre de la Bastille, 1 rue de la Paix, 75011\u00a0Paris\n")
	got, err := e.again(b, placesPrinter(3))
	e.ok(err)
	e.equal("the bytes before the place opens", got, text)
}

func nearbyClosed(e *env) {
	e.places(bastille(), gambetta())
	run := e.targeted(e.old(1)...)
	p := placesPrinter(3)
	b, text := e.printed(run, p)
	closing := gambetta()
	closing.Closed = registry.MustDate("2021-02-03")
	e.places(closing)
	for day, want := range map[string]registry.Kind{"2021-02-03": 0, "2021-02-04": registry.KindConflict} {
		e.clock.SetDay(day)
		got, err := e.again(b, p)
		e.equal("on "+day, registry.KindOf(err), want)
		e.equal("the bytes on "+day, got == text, want == 0)
	}
	e.clock.SetDay("2021-02-04")
	closing.Closed, closing.Public = registry.Date{}, false
	e.places(closing)
	got, err := e.again(b, p)
	e.equal("for professionals alone since", registry.KindOf(err), registry.KindConflict)
	e.equal("the bytes of a refusal", got, "")
	for opens, want := range map[string]registry.Kind{"2021-02-04": 0, "2021-02-05": registry.KindConflict} {
		closing.Public, closing.Opens = true, registry.MustDate(opens)
		e.places(closing)
		_, err = e.again(b, p)
		e.equal("put off since to "+opens, registry.KindOf(err), want)
	}
	e.places(gambetta())
	got, err = e.again(b, p)
	e.ok(err)
	e.equal("the bytes when it is open again", got, text)
}

func nearbyOfBefore(e *env) {
	e.places(bastille())
	run := e.targeted(e.old(1)...)
	b, text := e.printed(run, placesPrinter(1)) // by a server of before, of a batch that one of now took up
	e.equal("the letter", text, "1 Durand\n")
	got, err := e.again(b, placesPrinter(3, 1))
	e.ok(err)
	e.equal("the bytes", got, text)
	closed := bastille()
	closed.Public = false
	e.places(closed)
	got, err = e.again(b, placesPrinter(3, 1))
	e.ok(err)
	e.equal("the bytes when a place that they do not list has closed", got, text)
	_, err = e.again(b, placesPrinter(3, 2))
	e.equal("by a program that has it no more", registry.KindOf(err), registry.KindConflict)
}

func nearbyWithBatch(e *env) {
	run := e.targeted(e.old(1)...)
	b := registry.Batch{
		BatchKey: registry.BatchKey{Run: run, Part: 2}, Kind: registry.BatchPDF, State: registry.BatchGathering, AskedBy: "a", AskedAt: e.clock.Now(), Places: "digest",
	}
	e.fails(e.store.OpenBatch(e.ctx, b, "the places", e.event(registry.ActionAskLetters)), registry.ErrOvertaken)
	_, err := e.store.ListedPlaces(e.ctx, b.Places)
	e.fails(err, registry.ErrNoPlaces)
	b.Part = 1
	e.ok(e.store.OpenBatch(e.ctx, b, "the places", e.event(registry.ActionAskLetters)))
	got, err := e.store.ListedPlaces(e.ctx, b.Places)
	e.ok(err)
	e.equal("the places", got, "the places")
	// A text that is not what its digest says is printed by nobody.
	_, err = e.registry.WorkBatch(e.ctx, e.manager(), b.BatchKey, printer(), io.Discard, nil)
	if err == nil || registry.KindOf(err) != 0 {
		e.Errorf("places that were altered are printed: %v", err)
	}
}
