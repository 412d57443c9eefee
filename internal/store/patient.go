package store

import (
	"encoding/binary"
	"errors"
	"sync"

	"vaccin/internal/registry"
)

const (
	patientFields  = "sealed, sex, postal_code, commune_code, manual"
	patientColumns = "p.sealed, p.sex, p.postal_code, p.commune_code, p.manual"
)

var insertPatient = insertUnder(drawnID, "patient", patientFields+", "+insuredFields)

// createPatient is the row of a person under the record that was just made.
func (k *identityKeys) createPatient(id registry.RecordID, change int64, p registry.Patient, i registry.Insured) (statement, error) {
	told, err := insuredArgs(p, i)
	args := []any{string(id), change, k.seal(id, p), string(p.Sex), p.Locality.PostalCode, p.Locality.CommuneCode, p.Manual}
	return statement{sql: insertPatient, args: append(args, told...)}, err
}

// readPatient reads patientColumns; birth date and rank stand with the record, and open reads the rest
// from what is sealed.
func readPatient(p *registry.Patient, sealed *[]byte) []any {
	return []any{sealed, &p.Sex, &p.Locality.PostalCode, &p.Locality.CommuneCode, &p.Manual}
}

// What is sealed of a person: a format, marks, the holder's NIR, their own, and texts that their length
// precedes. What stands twice, as it does for most, is written once.
const (
	identityFormat = 1

	ownIsKnown  = 1 << 0 // their own NIR is
	ownIsHolder = 1 << 1 // and it is the holder's
	usedIsBirth = 1 << 2 // the used name is the birth name
	knownMarks  = ownIsKnown | ownIsHolder | usedIsBirth
)

var errIdentity = errors.New("store: an identity cannot be read")

// rooms lends room for what is sealed and opened, so that each use leaves only its result behind.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// seal seals a person's identity for their record.
func (k *identityKeys) seal(id registry.RecordID, p registry.Patient) []byte {
	room, _ := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	*room = appendIdentity((*room)[:0], &p)
	return k.ring.Seal(nil, *room, string(id))
}

// open puts what is sealed of a person where it belongs.
func (k *identityKeys) open(id registry.RecordID, sealed []byte, p *registry.Patient) error {
	room, _ := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	opened, err := k.ring.Open((*room)[:0], sealed, string(id))
	if err != nil {
		return keyFailure(err)
	}
	*room = opened
	return readIdentity(string(opened), p)
}

func appendIdentity(dst []byte, p *registry.Patient) []byte {
	marks := byte(0)
	if !p.Own.IsZero() {
		marks |= ownIsKnown
	}
	if p.Own == p.Holder {
		marks |= ownIsHolder
	}
	if p.UsedName == p.BirthName {
		marks |= usedIsBirth
	}
	dst = packNIR(append(dst, identityFormat, marks), p.Holder)
	if marks&(ownIsKnown|ownIsHolder) == ownIsKnown {
		dst = packNIR(dst, p.Own)
	}
	dst = appendText(dst, p.BirthName)
	if marks&usedIsBirth == 0 {
		dst = appendText(dst, p.UsedName)
	}
	for _, text := range [...]string{p.GivenNames, p.Address, p.Locality.Name, p.Phone, p.Email} {
		dst = appendText(dst, text)
	}
	return dst
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// readIdentity reads what appendIdentity wrote. The texts are parts of data.
func readIdentity(data string, p *registry.Patient) (err error) {
	if len(data) < 2 || data[0] != identityFormat || data[1]&^knownMarks != 0 {
		return errIdentity
	}
	marks, rest := data[1], data[2:]
	if p.Holder, rest, err = unpackNIR(rest); err != nil {
		return err
	}
	switch marks & (ownIsKnown | ownIsHolder) {
	case ownIsKnown:
		if p.Own, rest, err = unpackNIR(rest); err != nil {
			return err
		}
	case ownIsKnown | ownIsHolder:
		p.Own = p.Holder
	case ownIsHolder:
		return errIdentity
	}
	texts := [...]*string{&p.BirthName, &p.UsedName, &p.GivenNames, &p.Address, &p.Locality.Name, &p.Phone, &p.Email}
	for _, text := range texts {
		if text == &p.UsedName && marks&usedIsBirth != 0 {
			p.UsedName = p.BirthName
			continue
		}
		var ok bool
		if *text, rest, ok = cutText(rest); !ok {
			return errIdentity
		}
	}
	if rest != "" {
		return errIdentity
	}
	return nil
}

// cutText cuts off a text that its length precedes: seven bits a byte, the lowest first.
func cutText(data string) (text, rest string, ok bool) {
	size := 0
	for i := 0; i < len(data) && i < 4; i++ {
		size |= int(data[i]&0x7F) << (7 * i)
		if data[i] < 0x80 {
			if data = data[i+1:]; size > len(data) {
				return "", "", false
			}
			return data[:size], data[size:], true
		}
	}
	return "", "", false
}
