package store

import (
	"errors"

	"vaccin/internal/registry"
)

// doseFields are the content of a dose beside its columns, in the order of format 1.
func doseFields(v *registry.Version[registry.Dose]) []any {
	d, at := &v.Content, &v.Content.Location
	return append([]any{
		&d.VaccineName, &d.Site, &d.Performer.FamilyName, &d.Performer.GivenName, &d.Performer.Number,
		&at.Type, &at.PlaceLabel, &at.Name, &at.Address, &at.Locality.PostalCode, &at.Locality.Name, &at.Locality.CommuneCode,
		&d.AMNumber, (*dayOrNone)(&d.BookFrom),
	}, versionFields(v)...)
}

// addDose adds a version to a dose entry, the first or a later one.
func addDose(num, change int64, step registry.Step, sequence int, v registry.Version[registry.Dose]) (statement, error) {
	d := &v.Content
	occurrence, err := day(d.Occurrence)
	if err != nil {
		return statement{}, err
	}
	s, err := addEntry(num, change, step, sequence, v.Number, v.Signed, doseFields(&v))
	if err != nil {
		return statement{}, err
	}
	copy(s.args[doseColumns:], []any{d.Number, d.SeriesDoses, d.VaccineCode, d.LotNumber, occurrence, d.Location.PlaceID})
	return s, nil
}

func (e *entryRow) putDose(r *registry.Record) error {
	v := registry.Version[registry.Dose]{Number: int(e.number.n)}
	if err := readContent(e.content.text, doseFields(&v)); err != nil {
		return err
	}
	v.Signed.At = e.signedAt()
	d := &v.Content
	d.Number, d.SeriesDoses = int(e.doseNumber.n), int(e.seriesDoses.n)
	d.VaccineCode, d.LotNumber, d.Location.PlaceID = e.vaccine.text, e.lot.text, e.place.text
	if err := asDay(&d.Occurrence)(e.occurrence.text); err != nil {
		return err
	}
	entries, err := doseEntries(r, registry.Step(e.step.n))
	if err != nil {
		return err
	}
	*entries, err = withVersion(*entries, int(e.sequence.n), v)
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
