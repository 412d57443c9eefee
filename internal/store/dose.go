package store

import (
	"errors"

	"vaccin/internal/registry"
)

const (
	doseColumns = "step, sequence, number, dose_number, series_doses, vaccine_code, vaccine_name, lot_number, site, occurrence," +
		" performer_family_name, performer_given_name, performer_number, place_type, place_id, place_label, place_name, place_address," +
		" place_postal_code, place_locality, place_commune_code, am_number, book_from, " + versionColumns
)

var insertDose = insertUnder("dose", doseColumns)

// addDose adds a version to a dose entry, the first or a later one.
func addDose(head registry.Head, change int64, step registry.Step, sequence int, v registry.Version[registry.Dose]) (statement, error) {
	d := v.Content
	occurrence, err := day(d.Occurrence)
	if err != nil {
		return statement{}, err
	}
	rest, err := version(v)
	if err != nil {
		return statement{}, err
	}
	args := []any{
		string(head.Record()), change, int(step), sequence, v.Number, d.Number, d.SeriesDoses, d.VaccineCode, d.VaccineName,
		d.LotNumber, d.Site, occurrence, d.Performer.FamilyName, d.Performer.GivenName, d.Performer.Number,
		d.Location.Type, d.Location.PlaceID, d.Location.PlaceLabel, d.Location.Name, d.Location.Address, d.Location.Locality.PostalCode,
		d.Location.Locality.Name, d.Location.Locality.CommuneCode, d.AMNumber, optionalDay(d.BookFrom),
	}
	return statement{sql: insertDose, args: append(args, rest...)}, nil
}

type doseRow struct {
	record   int64
	step     registry.Step
	sequence int
	version  registry.Version[registry.Dose]
}

func (row *doseRow) columns() []any {
	v, d := &row.version, &row.version.Content
	own := []any{
		&row.record, &row.step, &row.sequence, &v.Number, &d.Number, &d.SeriesDoses, &d.VaccineCode, &d.VaccineName,
		&d.LotNumber, &d.Site, asDay(&d.Occurrence), &d.Performer.FamilyName, &d.Performer.GivenName, &d.Performer.Number,
		&d.Location.Type, &d.Location.PlaceID, &d.Location.PlaceLabel, &d.Location.Name, &d.Location.Address, &d.Location.Locality.PostalCode,
		&d.Location.Locality.Name, &d.Location.Locality.CommuneCode, &d.AMNumber, asOptionalDay(&d.BookFrom),
	}
	return append(own, readVersion(v)...)
}

// put puts the version in its place.
func (row *doseRow) put(r *registry.Record) error {
	entries, err := doseEntries(r, row.step)
	if err != nil {
		return err
	}
	*entries, err = withVersion(*entries, row.sequence, row.version)
	return err
}

// doseEntries is where a record keeps the entries of a step.
func doseEntries(r *registry.Record, step registry.Step) (*[]registry.Entry[registry.Dose], error) {
	switch step {
	case registry.StepFirstDose:
		return &r.FirstDoses, nil
	case registry.StepSecondDose:
		return &r.SecondDoses, nil
	}
	return nil, errors.New("store: an entry of no step")
}
