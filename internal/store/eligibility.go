package store

import "vaccin/internal/registry"

const (
	eligibilityColumns = "sequence, number, declarer_prescribes, prescriber_family_name, prescriber_given_name," +
		" prescriber_number, prescriber_structure, prescribed_on, health_professional, activity, patient_agrees," +
		" conditions_accepted, " + versionColumns
	selectEligibilities = "SELECT " + eligibilityColumns + " FROM eligibility WHERE record_num = $1 ORDER BY sequence, number"
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
	sequence int
	version  registry.Version[registry.Eligibility]
}

func (row *eligibilityRow) columns() []any {
	v, e := &row.version, &row.version.Content
	own := []any{
		&row.sequence, &v.Number, &e.DeclarerPrescribes,
		&e.Prescriber.FamilyName, &e.Prescriber.GivenName, &e.Prescriber.Number, &e.Prescriber.Structure, asDay(&e.PrescribedOn),
		&e.HealthProfessional, &e.Activity, &e.PatientAgrees, &e.ConditionsAccepted,
	}
	return append(own, readVersion(v)...)
}

func (f *found) eligibilities(r reader) error {
	rows, err := all(r, selectEligibilities, []any{f.num}, (*eligibilityRow).columns)
	for _, row := range rows {
		f.record.Eligibilities, err = withVersion(f.record.Eligibilities, row.sequence, row.version)
		if err != nil {
			return err
		}
	}
	return err
}
