package store

import "vaccin/internal/registry"

const (
	patientFields = "holder, own, birth_name, used_name, given_names, sex," +
		" address, postal_code, locality, commune_code, phone, email, manual"
	patientColumns = "p.holder, p.own, p.birth_name, p.used_name, p.given_names, p.sex," +
		" p.address, p.postal_code, p.locality, p.commune_code, p.phone, p.email, p.manual"
)

var insertPatient = insertUnder("patient", patientFields)

func createPatient(id registry.RecordID, change int64, p registry.Patient) statement {
	return statement{sql: insertPatient, args: []any{
		string(id), change, sealNIR(p.Holder), optional(sealNIR, p.Own), p.BirthName, p.UsedName, p.GivenNames, string(p.Sex),
		p.Address, p.Locality.PostalCode, p.Locality.Name, p.Locality.CommuneCode, p.Phone, p.Email, p.Manual,
	}}
}

// readPatient reads patientColumns; birth date and rank stand with the record.
func readPatient(p *registry.Patient) []any {
	return []any{
		asNIR(&p.Holder, false), asNIR(&p.Own, true), &p.BirthName, &p.UsedName, &p.GivenNames, &p.Sex,
		&p.Address, &p.Locality.PostalCode, &p.Locality.Name, &p.Locality.CommuneCode, &p.Phone, &p.Email, &p.Manual,
	}
}
