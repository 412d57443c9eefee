package store

import "vaccin/internal/registry"

// signatureFields are a full copy of who signed and from where; when is a column.
func signatureFields(s *registry.Signature) []any {
	a, p := &s.Practitioner, &s.Place
	return []any{
		(*string)(&s.Role), &a.NationalID, &a.Profession, &a.Civility, &a.FamilyName, &a.GivenName,
		&p.ID, &p.Name, &p.Address, &p.PostalCode, &p.Locality, &p.PreviousID, &p.AMNumber,
	}
}

// versionFields are those of any version of an entry, beside its own content.
func versionFields[T any](v *registry.Version[T]) []any {
	return append([]any{&v.Request, &v.Confirmed, &v.Reason}, signatureFields(&v.Signed)...)
}
