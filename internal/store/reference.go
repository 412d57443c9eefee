package store

import (
	"context"
	"fmt"

	"vaccin/internal/registry"
)

const (
	selectVaccines = "SELECT code, holder, eu_product, vacsi_code, authorised_on, doses, minimum_age FROM vaccine ORDER BY position"
	selectNames    = "SELECT vaccine_code, first_day, name FROM vaccine_name ORDER BY vaccine_code, position"
	deleteNames    = "DELETE FROM vaccine_name WHERE vaccine_code = $1"
	selectSchedule = "SELECT vaccine_code, first_day, last_day, minimum, recommended, maximum, covers_earlier FROM schedule" +
		" ORDER BY vaccine_code, first_day"
	selectSites      = "SELECT code, label FROM injection_site ORDER BY position"
	selectPlaceTypes = "SELECT code, label, listed, practice FROM place_type ORDER BY position"
	selectActivities = "SELECT code, label FROM activity ORDER BY position"
	selectLimits     = "SELECT first_day, step FROM objection_limit ORDER BY first_day"
	selectOpenings   = "SELECT profession, first_day, last_day FROM profession_opening ORDER BY profession, first_day"
)

var (
	upsertVaccine   = upsertInOrder("vaccine", "holder, eu_product, vacsi_code, authorised_on, doses, minimum_age")
	insertName      = insertOf("vaccine_name", "vaccine_code, position, first_day, name")
	upsertSchedule  = upsertOf("schedule", "vaccine_code, first_day", "last_day, minimum, recommended, maximum, covers_earlier")
	upsertSite      = upsertInOrder("injection_site", "label")
	upsertPlaceType = upsertInOrder("place_type", "label, listed, practice")
	upsertActivity  = upsertInOrder("activity", "label")
	upsertLimit     = upsertOf("objection_limit", "first_day", "step")
	upsertOpening   = upsertOf("profession_opening", "profession, first_day", "last_day")
)

// upsertInOrder is upsertOf for a table keyed by code whose rows keep the order in which they came: a
// new row comes last, one that is replaced keeps its place.
func upsertInOrder(table, columns string) string {
	return "INSERT INTO " + table + " (code, " + columns + ", position) VALUES (" + placeholders(1, 1+columnCount(columns)) +
		", (SELECT COALESCE(MAX(position), 0) + 1 FROM " + table + ")) ON CONFLICT (code) DO UPDATE SET " + replaced(columns)
}

func importVaccine(v registry.Vaccine) ([]statement, error) {
	authorised, err := day(v.AuthorisedOn)
	if err != nil {
		return nil, err
	}
	statements := []statement{
		{sql: upsertVaccine, args: []any{v.Code, v.Holder, v.EUProduct, v.VACSICode, authorised, v.Doses, v.MinimumAge}},
		{sql: deleteNames, args: []any{v.Code}, quiet: true},
	}
	for i, n := range v.Names {
		from, err := day(n.From)
		if err != nil {
			return nil, err
		}
		statements = append(statements, statement{sql: insertName, args: []any{v.Code, i, from, n.Name}})
	}
	return statements, nil
}

func importSchedule(s registry.Schedule) (statement, error) {
	from, err := day(s.From)
	return statement{sql: upsertSchedule, args: []any{
		s.VaccineCode, from, optionalDay(s.Until), s.Minimum, s.Recommended, s.Maximum, s.CoversEarlier,
	}}, err
}

func importOpening(o registry.ProfessionOpening) (statement, error) {
	from, err := day(o.From)
	return statement{sql: upsertOpening, args: []any{o.Profession, from, optionalDay(o.Until)}}, err
}

func importLimit(l registry.ObjectionLimit) (statement, error) {
	from, err := day(l.From)
	return statement{sql: upsertLimit, args: []any{from, int(l.Step)}}, err
}

// ImportReference implements registry.ReferenceStore.
func (s *Store) ImportReference(ctx context.Context, change registry.ReferenceChange, event registry.Event) error {
	logged, err := logAlways(event)
	if err != nil {
		return err
	}
	statements, err := datedStatements(change)
	if err != nil {
		return err
	}
	for _, x := range change.Sites {
		statements = append(statements, statement{sql: upsertSite, args: []any{x.Code, x.Label}})
	}
	for _, x := range change.PlaceTypes {
		statements = append(statements, statement{sql: upsertPlaceType, args: []any{x.Code, x.Label, x.Listed, x.Practice}})
	}
	for _, x := range change.Activities {
		statements = append(statements, statement{sql: upsertActivity, args: []any{x.Code, x.Label}})
	}
	statements = append(statements, importLocalities(change.Localities)...)
	for _, x := range change.Points {
		statements = append(statements, importPoint(x))
	}
	for _, x := range change.Places {
		statements = append(statements, importPlace(x)...)
	}
	for _, id := range change.GonePlaces {
		statements = append(statements, statement{sql: closeToPublic, args: []any{id}, quiet: true})
	}
	for _, x := range change.Lots {
		statements = append(statements, importLot(x))
	}
	for _, x := range change.PracticePlaces {
		statements = append(statements, importPracticePlace(x))
	}
	for _, x := range change.Campaigns {
		save, err := saved(registry.SavedCampaign{Campaign: x, Version: 1, SavedBy: event.NationalID, SavedAt: event.At})
		if err != nil {
			return err
		}
		save.none, save.quiet = nil, true
		statements = append(statements, save)
	}
	if err := s.write(ctx, work{statements: append(statements, logged), alone: true}); err != nil {
		return fmt.Errorf("importing reference data: %w", err)
	}
	return nil
}

// datedStatements are those of the rows that hold dates, which may be missing.
func datedStatements(change registry.ReferenceChange) ([]statement, error) {
	var statements []statement
	for _, x := range change.Vaccines {
		of, err := importVaccine(x)
		if err != nil {
			return nil, fmt.Errorf("vaccine %s: %w", x.Code, err)
		}
		statements = append(statements, of...)
	}
	for _, x := range change.Schedules {
		one, err := importSchedule(x)
		if err != nil {
			return nil, fmt.Errorf("schedule of %s: %w", x.VaccineCode, err)
		}
		statements = append(statements, one)
	}
	for _, x := range change.Openings {
		one, err := importOpening(x)
		if err != nil {
			return nil, fmt.Errorf("opening to profession %s: %w", x.Profession, err)
		}
		statements = append(statements, one)
	}
	for _, x := range change.ObjectionLimits {
		one, err := importLimit(x)
		if err != nil {
			return nil, fmt.Errorf("limit of objections: %w", err)
		}
		statements = append(statements, one)
	}
	return statements, nil
}

// Reference implements registry.Store.
func (s *Store) Reference(ctx context.Context) (ref registry.Reference, err error) {
	type vaccineName struct {
		vaccine string
		name    registry.DatedName
	}
	var names []vaccineName
	err = s.engine.read(ctx,
		into(&ref.Vaccines, func(x *registry.Vaccine) []any {
			return []any{&x.Code, &x.Holder, &x.EUProduct, &x.VACSICode, asDay(&x.AuthorisedOn), &x.Doses, &x.MinimumAge}
		}, selectVaccines),
		into(&names, func(x *vaccineName) []any { return []any{&x.vaccine, asDay(&x.name.From), &x.name.Name} }, selectNames),
		into(&ref.Schedules, func(x *registry.Schedule) []any {
			return []any{
				&x.VaccineCode, asDay(&x.From), asOptionalDay(&x.Until), &x.Minimum, &x.Recommended, &x.Maximum, &x.CoversEarlier,
			}
		}, selectSchedule),
		into(&ref.Sites, func(x *registry.InjectionSite) []any { return []any{&x.Code, &x.Label} }, selectSites),
		into(&ref.PlaceTypes, func(x *registry.PlaceType) []any {
			return []any{&x.Code, &x.Label, &x.Listed, &x.Practice}
		}, selectPlaceTypes),
		into(&ref.Activities, func(x *registry.Activity) []any { return []any{&x.Code, &x.Label} }, selectActivities),
		into(&ref.Openings, func(x *registry.ProfessionOpening) []any {
			return []any{&x.Profession, asDay(&x.From), asOptionalDay(&x.Until)}
		}, selectOpenings),
		into(&ref.ObjectionLimits, func(x *registry.ObjectionLimit) []any { return []any{asDay(&x.From), (*int)(&x.Step)} }, selectLimits),
	)
	if err != nil {
		return registry.Reference{}, fmt.Errorf("reading reference data: %w", err)
	}
	for i := range ref.Vaccines {
		for _, n := range names {
			if n.vaccine == ref.Vaccines[i].Code {
				ref.Vaccines[i].Names = append(ref.Vaccines[i].Names, n.name)
			}
		}
	}
	return ref, nil
}
