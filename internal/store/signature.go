package store

import (
	"fmt"

	"vaccin/internal/registry"
)

const (
	signatureColumns = "author_role, author_id, author_profession, author_civility, author_family_name, author_given_name," +
		" practice_id, practice_name, practice_address, practice_postal_code, practice_locality, practice_previous_id," +
		" practice_am_number, signed_at"
	// versionColumns are those of any version of an entry, beside its content.
	versionColumns = "request, confirmed, reason, " + signatureColumns
)

// signature is a full copy of who signed, from where and when.
func signature(s registry.Signature) ([]any, error) {
	at, err := moment(s.At)
	if err != nil {
		return nil, fmt.Errorf("a signature: %w", err)
	}
	a, p := s.Practitioner, s.Place
	return []any{
		string(s.Role), a.NationalID, a.Profession, a.Civility, a.FamilyName, a.GivenName,
		p.ID, p.Name, p.Address, p.PostalCode, p.Locality, p.PreviousID, p.AMNumber, at,
	}, nil
}

func readSignature(s *registry.Signature) []any {
	a, p := &s.Practitioner, &s.Place
	return []any{
		&s.Role, &a.NationalID, &a.Profession, &a.Civility, &a.FamilyName, &a.GivenName,
		&p.ID, &p.Name, &p.Address, &p.PostalCode, &p.Locality, &p.PreviousID, &p.AMNumber, asMoment(&s.At),
	}
}

// version is versionColumns of a version.
func version[T any](v registry.Version[T]) ([]any, error) {
	confirmed, err := confirmations(v.Confirmed)
	if err != nil {
		return nil, err
	}
	signed, err := signature(v.Signed)
	return append([]any{v.Request, confirmed, v.Reason}, signed...), err
}

func readVersion[T any](v *registry.Version[T]) []any {
	return append([]any{&v.Request, asConfirmations(&v.Confirmed), &v.Reason}, readSignature(&v.Signed)...)
}
