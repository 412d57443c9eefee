package store

import "vaccin/internal/registry"

// eligibilityFields are the content of an eligibility, in the order of format 1.
func eligibilityFields(v *registry.Version[registry.Eligibility]) []any {
	e := &v.Content
	return append([]any{
		&e.DeclarerPrescribes, &e.Prescriber.FamilyName, &e.Prescriber.GivenName, &e.Prescriber.Number, &e.Prescriber.Structure,
		&e.PrescribedOn, &e.HealthProfessional, &e.Activity, &e.PatientAgrees, &e.ConditionsAccepted,
	}, versionFields(v)...)
}

// addEligibility adds a version to an eligibility entry, the first or a later one.
func addEligibility(num, change int64, sequence int, v registry.Version[registry.Eligibility]) (statement, error) {
	return addEntry(num, change, registry.StepEligibility, sequence, v.Number, v.Signed, eligibilityFields(&v))
}

func (e *entryRow) putEligibility(r *registry.Record) (err error) {
	v := registry.Version[registry.Eligibility]{Number: int(e.number.n)}
	if err := readContent(e.content.text, eligibilityFields(&v)); err != nil {
		return err
	}
	v.Signed.At = e.signedAt()
	r.Eligibilities, err = withVersion(r.Eligibilities, int(e.sequence.n), v)
	return err
}
