package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

// lettersAMoment is how many letters a second a batch must have, whatever its form.
const lettersAMoment = 1000

// benchLetters is (letters): batches of a run by the operator's command, from the start of the program to the file on the
// disk, at two sizes and in both forms, against \copy of what the same letters need, bare.
func benchLetters(ctx context.Context, l *lab) (v verdict, err error) {
	b := &lettersBench{lab: l, keys: filepath.Join(l.folder, "letters.nir")}
	if b.binary, err = l.program(ctx); err != nil {
		return v, err
	}
	if err := keyringtest.Ring(1).Create(b.keys); err != nil {
		return v, err
	}
	if b.cluster, err = postgrestest.Start(durable...); err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, b.cluster.Stop()) }()
	v = verdict{limit: 1, comment: fmt.Sprintf("letters a second over %d, the slower form of the larger batch", lettersAMoment)}
	for _, persons := range pick(l, []int{25_000, registry.MaxBatch}, []int{200, 400}) {
		if v.ratio, err = b.run(ctx, persons); err != nil {
			return v, err
		}
	}
	return v, nil
}

// lettersBench has a database for each size.
type lettersBench struct {
	*lab
	cluster      *postgrestest.Cluster
	binary, keys string
}

// run makes a run over so many persons and prints its letters, and returns the lesser rate over lettersAMoment.
func (b *lettersBench) run(ctx context.Context, persons int) (float64, error) {
	name := fmt.Sprintf("letters%d", persons)
	if _, err := b.cluster.SQL("postgres", "CREATE DATABASE "+name); err != nil {
		return 0, err
	}
	address := b.cluster.URL(postgrestest.Superuser, name)
	if err := b.target(ctx, address, persons); err != nil {
		return 0, err
	}
	if _, err := b.cluster.SQL(name, "VACUUM ANALYZE"); err != nil {
		return 0, err
	}
	bare, err := b.bare(name, persons)
	if err != nil {
		return 0, err
	}
	least := 0.0
	for _, kind := range []string{"pdf", "csv"} {
		arguments := []string{"letters", "make", "1", "--kind", kind, "--store", address, "--nir-key-file", b.keys, "--to", b.folder}
		if kind == "csv" { // to the same persons
			arguments = append(arguments, "--again", "1")
		}
		rate, peak, err := b.command(ctx, persons, arguments...)
		if err != nil {
			return 0, err
		}
		b.say("%d letters as %s: %.0f letters/s, \\copy of their rows %.0f/s, ratio %.3f, peak memory %.0f MB", persons, kind, rate, bare, rate/bare, peak/(1<<20))
		if least == 0 || rate < least {
			least = rate
		}
	}
	rate, peak, err := b.command(ctx, persons, "letters", "write", "C1-0001", "--store", address, "--nir-key-file", b.keys, "--to", b.folder)
	if err != nil {
		return 0, err
	}
	b.say("%d letters printed again as pdf: %.0f letters/s, peak memory %.0f MB", persons, rate, peak/(1<<20))
	_, err = b.cluster.SQL("postgres", "DROP DATABASE "+name)
	return least / lettersAMoment, err
}

// target makes persons and carries out a run over all of them.
func (b *lettersBench) target(ctx context.Context, address string, persons int) (err error) {
	kept, cases, err := openStore(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	if _, err := importPeople(ctx, cases, persons, population{household: 1}); err != nil {
		return err
	}
	if err := placesNear(ctx, address); err != nil {
		return err
	}
	return runOverAll(ctx, kept)
}

// placesNear adds as many vaccination places as a letter lists, in the town where all live.
func placesNear(ctx context.Context, address string) (err error) {
	owner, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, owner.Close()) }()
	town := registrytest.Localities()[0]
	home := registry.LocalityPoint{PostalCode: town.PostalCode, Name: town.Name, Point: registry.PointOf(48.859, 2.379)}
	change := registry.ReferenceChange{Points: []registry.LocalityPoint{home}}
	for i := range registry.MaxNearby {
		name := fmt.Sprintf("Centre de vaccination du gymnase %d", i+1)
		change.Places = append(change.Places, registry.VaccinationPlace{
			ID: fmt.Sprintf("DATAGOUV:%d", 2000+i), Type: registrytest.PlaceCentre, Name: name, Address: "12 rue du Faubourg-Saint-Antoine",
			PostalCode: town.PostalCode, Locality: town.Name, Public: true, Point: home.Point, Label: name,
		})
	}
	return owner.ImportReference(ctx, change, registry.New(owner).ImportEvent(operator, len(change.Places), "bench"))
}

// runOverAll carries out a run over all persons of a store, who are women.
func runOverAll(ctx context.Context, kept *store.Store) error {
	event := registry.Event{At: time.Now(), Action: registry.ActionPrepareRun, NationalID: "bench"}
	campaign := registry.Campaign{ID: "bench", Name: "Personnes de 75 ans et plus", Opens: registry.MustDate("2021-01-18"), Criteria: registry.Criteria{{Sex: registry.Female}}}
	n, err := kept.PrepareRun(ctx, registry.Run{Campaign: campaign, PreparedBy: "a", PreparedAt: time.Now()}, event)
	if err == nil {
		err = kept.CountRun(ctx, n)
	}
	if err == nil {
		err = kept.ApproveRun(ctx, n, "b", time.Now(), event)
	}
	if err == nil {
		err = kept.CarryOut(ctx, n, event, time.Now, func(registry.Progress) {})
	}
	if err != nil {
		return fmt.Errorf("carrying out a run: %w", err)
	}
	return nil
}

// bare is how many rows a second \copy takes out of what letters need.
func (b *lettersBench) bare(database string, persons int) (float64, error) {
	began := time.Now()
	_, err := b.cluster.SQL(database, "\\copy (SELECT t.record_num, t.code, p.sealed, p.postal_code, p.died, p.objects FROM target t"+
		" JOIN patient p ON p.record_num = t.record_num WHERE t.run = 1 ORDER BY t.record_num) TO '"+os.DevNull+"'")
	return float64(persons) / time.Since(began).Seconds(), err
}

// command runs the program, and returns its rate and its peak memory.
func (b *lettersBench) command(ctx context.Context, letters int, arguments ...string) (rate, peak float64, err error) {
	took, peak, err := ran(exec.CommandContext(ctx, b.binary, arguments...))
	return float64(letters) / took.Seconds(), peak, err
}
