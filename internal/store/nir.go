package store

import (
	"errors"

	"vaccin/internal/nir"
)

// This file alone knows how a NIR is found and how it is kept.

var errNoNIR = errors.New("store: a patient without a holder's NIR")

// nirKey is what a NIR is looked up by.
func nirKey(number nir.Number) []byte { return []byte(number.Digits()) }

// sealNIR is the form in which a NIR is kept beside the patient.
func sealNIR(number nir.Number) []byte { return []byte(number.Digits()) }

// openNIR reads what sealNIR wrote.
func openNIR(sealed []byte) (nir.Number, error) {
	number, err := nir.FromDigits(string(sealed))
	if err != nil {
		return nir.Number{}, errors.New("store: a stored NIR cannot be read")
	}
	return number, nil
}

// optional is f of a number, or NULL when there is none.
func optional(f func(nir.Number) []byte, number nir.Number) any {
	if number.IsZero() {
		return nil
	}
	return f(number)
}
