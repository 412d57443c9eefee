package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// sessionCookie is the name of the service's session cookie over plain HTTP.
const sessionCookie = "vaccin_session"

// doseBench is (a): two files with the same patients ready for their first dose, the service on one, the
// yardstick on the other.
type doseBench struct {
	lab      *lab
	rounds   int
	perRound int // doses
	sessions []*http.Cookie
	used     map[string]int // patients that a side has vaccinated
	product  *running
	bare     *running
	file     *bareStore
}

// benchDoses sweeps how many post at the same time. The ratio judged is the lowest.
func benchDoses(ctx context.Context, l *lab) (v verdict, err error) {
	sweep := pick(l, []int{16, 64, 128}, []int{16})
	b := &doseBench{lab: l, rounds: pick(l, manyRounds, 1), perRound: pick(l, 1_500, 150), used: map[string]int{}}
	patients := (len(sweep)*b.rounds+1)*b.perRound + 1
	stop, err := b.prepare(ctx, slices.Max(sweep), patients)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	ours := side{"ours", func(ctx context.Context) (float64, error) { return b.send(ctx, b.product, "ours", sweep[0]) }}
	yardstick := side{"bare handler", func(ctx context.Context) (float64, error) { return b.send(ctx, b.bare, "yardstick", sweep[0]) }}
	warm := contest{"doses/s", ours, yardstick, 1, b.perRound}
	if _, err := warm.run(ctx); err != nil {
		return v, err
	}
	v = verdict{limit: 0.60, aim: 0.80, comment: "the lowest of the numbers of connections"}
	for i, connections := range sweep {
		ours.run = func(ctx context.Context) (float64, error) { return b.send(ctx, b.product, "ours", connections) }
		yardstick.run = func(ctx context.Context) (float64, error) { return b.send(ctx, b.bare, "yardstick", connections) }
		c := contest{"doses/s", ours, yardstick, b.rounds, b.perRound}
		o, err := c.run(ctx)
		if err != nil {
			return v, err
		}
		c.tell(l, fmt.Sprintf("%d at a time", connections), o)
		if i == 0 || o.ratio < v.ratio {
			v.ratio = o.ratio
		}
	}
	return v, b.compareFiles(ctx)
}

// prepare makes patients eligible, records one dose as a model for the yardstick, copies the file, and
// starts both servers.
func (b *doseBench) prepare(ctx context.Context, people, patients int) (stop func() error, err error) {
	l := b.lab
	path, copied := l.newStorePath("doses"), l.newStorePath("doses-yardstick")
	kept, g, err := openStore(ctx, path)
	if err != nil {
		return nil, err
	}
	rate, err := importPeople(ctx, g, patients, population{household: 1, targeted: true})
	if err != nil {
		return nil, err
	}
	l.say("%d persons imported, %.0f a second", patients, rate)
	by := doctors(people)
	if err := makeEligible(ctx, g, by, patients); err != nil {
		return nil, err
	}
	model := registry.Act{By: by[0], Record: targetedID(patients - 1), Step: registry.StepFirstDose, Request: "model"}
	if _, err := g.RecordDose(ctx, model, registrytest.DoseRequest()); err != nil {
		return nil, fmt.Errorf("recording the model dose: %w", err)
	}
	key, err := auth.NewKey()
	if err != nil {
		return nil, err
	}
	if b.sessions, err = signIn(kept, key, by); err != nil {
		return nil, err
	}
	// Closed, the whole store is in its file, with no log beside it.
	if err := kept.Close(); err != nil {
		return nil, err
	}
	if err := copyFile(copied, path); err != nil {
		return nil, err
	}
	return b.start(ctx, path, copied, key)
}

// start starts the service and the yardstick, each on its file.
func (b *doseBench) start(ctx context.Context, path, copied string, key []byte) (stop func() error, err error) {
	tagged(ctx, "ours", func(ctx context.Context) {
		kept, g, e := openStore(ctx, path)
		if err = e; err != nil {
			return
		}
		if b.product, err = serveProduct(ctx, b.lab.folder, kept, g, key); err != nil {
			return
		}
		stop = func() error { return errors.Join(b.product.stop(), kept.Close()) }
	})
	if err != nil {
		return nil, err
	}
	if b.file, err = openBare(ctx, copied); err != nil {
		return nil, errors.Join(err, stop())
	}
	if b.bare, err = serveYardstick(ctx, b.file.handler()); err != nil {
		return nil, errors.Join(err, stop(), b.file.close())
	}
	stopOurs := stop
	return func() error { return errors.Join(stopOurs(), b.bare.stop(), b.file.close()) }, nil
}

// send has a side record a first dose for patients that it has not vaccinated yet.
func (b *doseBench) send(ctx context.Context, to *running, name string, connections int) (rate float64, err error) {
	first := b.used[name]
	b.used[name] += b.perRound
	requests := make([]request, b.perRound)
	for i := range requests {
		requests[i] = dosePost(to.address, targetedID(first+i), b.sessions[i%len(b.sessions)], first+i)
	}
	tagged(ctx, "client", func(ctx context.Context) { rate, err = sendAll(ctx, to.address, connections, requests) })
	return rate, err
}

// dosePost is the form of a first dose as a browser sends it.
func dosePost(host string, record registry.RecordID, session *http.Cookie, i int) request {
	req := registrytest.DoseRequest()
	body := url.Values{
		"request": {fmt.Sprintf("BENCHBENCHBENCHBENCH%06d", i)}, registry.FieldVaccine: {req.Vaccine}, registry.FieldLot: {req.Lot},
		registry.FieldSite: {req.Site}, registry.FieldOccurrence: {req.Occurrence}, registry.FieldPerformerSelf: {req.PerformerSelf},
		registry.FieldPerformerFamily: {""}, registry.FieldPerformerGiven: {""}, registry.FieldPerformerNumber: {""},
		registry.FieldPlaceType: {req.PlaceType}, registry.FieldPlace: {req.Place}, registry.FieldPlaceName: {""},
		registry.FieldPlaceLocality: {""}, registry.FieldAMNumber: {""},
	}.Encode()
	path := "/dossiers/" + string(record) + "/vaccination-1"
	head := "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: fr\r\nAccept-Encoding: gzip, deflate\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://" + host + "\r\nReferer: http://" + host + path +
		"\r\nSec-Fetch-Site: same-origin\r\nCookie: " + session.Name + "=" + session.Value +
		"\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n"
	return request{[]byte(head + body), http.StatusSeeOther, path}
}

func copyFile(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}
