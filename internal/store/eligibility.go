package store

import "vaccin/internal/registry"

const (
	eligibilityColumns = "sequence, number, declarer_prescribes, prescriber_family_name, prescriber_given_name," +
		" prescriber_number, prescriber_structure, prescribed_on, health_professional, activity, patient_agrees," +
		" conditions_accepted, " + versionColumns
)

var insertEligibility = insertUnder("eligibility", eligibilityColumns)

// addEligibility adds a version to an eligibility entry, the first or a later one.
func addEligibility(head registry.Head, change int64, sequence int, v registry.Version[registry.Eligibility]) (statement, error) {
	e := v.Content
	prescribed, err := day(e.PrescribedOn)
	if err != nil {
		return statement{}, err
	}
	rest, err := version(v)
	if err != nil {
		return statement{}, err
	}
	args := []any{
		string(head.Record()), change, sequence, v.Number, e.DeclarerPrescribes,
		e.Prescriber.FamilyName, e.Prescriber.GivenName, e.Prescriber.Number, e.Prescriber.Structure, prescribed,
		e.HealthProfessional, e.Activity, e.PatientAgrees, e.ConditionsAccepted,
	}
	return statement{sql: insertEligibility, args: append(args, rest...)}, nil
}

type eligibilityRow struct {
	record   int64
	sequence int
	version  registry.Version[registry.Eligibility]
}

func (row *eligibilityRow) columns() []any {
	v, e := &row.version, &row.version.Content
	own := []any{
		&row.record, &row.sequence, &v.Number, &e.DeclarerPrescribes,
		&e.Prescriber.FamilyName, &e.Prescriber.GivenName, &e.Prescriber.Number, &e.Prescriber.Structure, asDay(&e.PrescribedOn),
		&e.HealthProfessional, &e.Activity, &e.PatientAgrees, &e.ConditionsAccepted,
	}
	return append(own, readVersion(v)...)
}

// put puts the version in its place.
func (row *eligibilityRow) put(r *registry.Record) (err error) {
	r.Eligibilities, err = withVersion(r.Eligibilities, row.sequence, row.version)
	return err
}
