package vitale

import (
	"bytes"
	"encoding/hex"
)

// Card is a card that is powered and answers. An error of Transmit is or wraps a [Problem].
type Card interface {
	Transmit(command []byte) (response []byte, err error)
}

// The applications of the card that are read without a right: of identities, and of numbers. In each it is
// the file of short identifier 2.
var (
	IdentityApplication = mustHex("D2500000024D465F564954414C45")
	NumberApplication   = mustHex("D250000002564954414C45")
)

// FileID is the short identifier of the file read in each application.
const FileID = 2

func mustHex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// IsVitale tells from a card's answer to reset whether it is a carte Vitale of the kind that is known:
// 3B 75 13 00 00 4x 09 EA 90 00.
func IsVitale(atr []byte) bool {
	return len(atr) == 10 && bytes.HasPrefix(atr, []byte{0x3B, 0x75, 0x13, 0x00, 0x00}) && atr[5]&0xF0 == 0x40 &&
		bytes.HasSuffix(atr, []byte{0x09, 0xEA, 0x90, 0x00})
}

// ReadCard reads everyone on a card.
func ReadCard(card Card) ([]Beneficiary, error) {
	identities, err := readApplication(card, IdentityApplication)
	if err != nil {
		return nil, err
	}
	numbers, err := readApplication(card, NumberApplication)
	if err != nil {
		return nil, err
	}
	return Beneficiaries(identities, numbers)
}

// Status words of ISO 7816-4.
const (
	statusOK          = 0x9000
	statusEndOfFile   = 0x6282 // the file ended before the bytes asked for; what came is good
	statusNoFile      = 0x6A82
	statusBeyondFile  = 0x6B00
	statusMoreToCome  = 0x61 // first byte: as many bytes as the second says wait
	statusOtherLength = 0x6C // first byte: ask again for as many bytes as the second says
)

func readApplication(card Card, application []byte) ([]byte, error) {
	_, status, err := exchange(card, append([]byte{0x00, selectFile, 0x04, 0x00, byte(len(application))}, application...))
	switch {
	case err != nil:
		return nil, err
	case status == statusNoFile:
		return nil, NotVitale
	case status != statusOK:
		return nil, Unreadable
	}
	return readFile(card)
}

const (
	chunk   = 256     // bytes asked for at once, written 00
	maxFile = 8 << 10 // far more than a card holds: one that never ends is not read for ever
)

// readFile reads the file of the application selected, piece by piece; a piece shorter than asked is the
// last one.
func readFile(card Card) ([]byte, error) {
	var file []byte
	read := []byte{0x00, readBinary, 0x80 | FileID, 0x00, 0x00} // the first selects the file by its short identifier
	for {
		piece, status, err := exchange(card, read)
		if err != nil {
			return nil, err
		}
		switch {
		case status == statusBeyondFile && len(file) > 0:
			return file, nil
		case status == statusNoFile && len(file) == 0:
			return nil, NotVitale
		case status != statusOK && status != statusEndOfFile:
			return nil, Unreadable
		}
		if file = append(file, piece...); len(file) > maxFile {
			return nil, Malformed
		}
		if len(piece) < chunk || status == statusEndOfFile {
			return file, nil
		}
		read = []byte{0x00, readBinary, byte(len(file) >> 8), byte(len(file)), 0x00}
	}
}

// exchange sends one command and follows what the card asks for by the rules of T=0, which readers leave
// to programs: fetch the answer that waits (61xx), or ask again with the right length (6Cxx, once).
func exchange(card Card, command []byte) (data []byte, status int, err error) {
	asked := false
	for len(data) <= maxFile {
		response, err := card.Transmit(command)
		if err != nil {
			return nil, 0, err
		}
		if len(response) < 2 {
			return nil, 0, Unreadable
		}
		end := len(response) - 2
		data = append(data, response[:end]...)
		switch first, second := response[end], response[end+1]; {
		case first == statusMoreToCome && (end > 0 || command[1] != getResponse):
			command, asked = []byte{0x00, getResponse, 0x00, 0x00, second}, false
		case first == statusOtherLength && !asked && end == 0 && command[1] != selectFile:
			command, asked = append(bytes.Clone(command[:len(command)-1]), second), true
		default:
			return data, int(first)<<8 | int(second), nil
		}
	}
	return nil, 0, Malformed
}

// Instructions of ISO 7816-4.
const (
	selectFile  = 0xA4
	readBinary  = 0xB0
	getResponse = 0xC0
)
