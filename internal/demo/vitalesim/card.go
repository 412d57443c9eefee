// Package vitalesim is a virtual carte Vitale: it answers commands as the chip does under T=0, and can be
// inserted into the virtual reader of vsmartcard (vpcd). It is for the demo and for tests, and knows nothing
// of the program that reads it but the layout of the card.
package vitalesim

import (
	"bytes"
	"encoding/hex"
)

// Card is a virtual card. The zero value with two files is a sound one.
type Card struct {
	Identities []byte // the file of identities
	Numbers    []byte // the file of numbers
	ATR        []byte // answer to reset; that of a carte Vitale when nil
	Foreign    bool   // knows none of the applications of a carte Vitale
	PulledOut  int    // after that many commands the card is out of the reader; never when 0

	selected []byte // the file of the application selected
	opened   bool   // that file is selected
	waiting  []byte // the answer that waits to be fetched
	commands int
}

var vitaleATR = unhex("3B751300004409EA9000")

// The names of the applications, and the files in them: written again here, so that a mistake in what reads
// the card cannot be a mistake here too.
var (
	identityName = unhex("D2500000024D465F564954414C45")
	numberName   = unhex("D250000002564954414C45")
)

func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// Person is who stands on a card.
type Person struct{ FamilyName, GivenNames, BirthDate, NIR string }

// Of returns a sound card of a few people.
func Of(people ...Person) *Card {
	c := &Card{}
	for _, p := range people {
		c.Identities = append(c.Identities, Object(0x65, Object(0x80, []byte(p.FamilyName)), Object(0x81, []byte(p.GivenNames)), Object(0x82, []byte(p.BirthDate)))...)
		c.Numbers = append(c.Numbers, Object(0x65, Object(0x90, []byte("FR")), Object(0x93, []byte(p.NIR)))...)
	}
	return c
}

// Object writes one data object of a file.
func Object(tag byte, parts ...[]byte) []byte {
	value := bytes.Join(parts, nil)
	head := []byte{tag}
	switch n := len(value); {
	case n > 0xFF:
		head = append(head, 0x82, byte(n>>8), byte(n))
	case n > 0x7F:
		head = append(head, 0x81, byte(n))
	default:
		head = append(head, byte(n))
	}
	return append(head, value...)
}

// Status words.
var (
	ok          = []byte{0x90, 0x00}
	noFile      = []byte{0x6A, 0x82}
	beyondFile  = []byte{0x6B, 0x00}
	wrongLength = []byte{0x67, 0x00}
	noCommand   = []byte{0x6D, 0x00}
	noClass     = []byte{0x6E, 0x00}
	noOrder     = []byte{0x69, 0x85} // nothing selected, or nothing waits
)

// reset is what the reader does to a card that comes in.
func (c *Card) reset() { c.selected, c.opened, c.waiting = nil, false, nil }

// Answer answers one command.
func (c *Card) Answer(command []byte) []byte {
	c.commands++
	if len(command) < 5 {
		return wrongLength
	}
	if command[0] != 0x00 {
		return noClass
	}
	switch command[1] {
	case 0xA4:
		return c.selects(command)
	case 0xB0:
		return c.reads(command)
	case 0xC0:
		return c.fetched(command)
	}
	return noCommand
}

func (c *Card) selects(command []byte) []byte {
	name := command[5:]
	if command[2] != 0x04 || int(command[4]) != len(name) {
		return wrongLength
	}
	var file []byte
	switch {
	case c.Foreign:
		return noFile
	case bytes.Equal(name, identityName):
		file = c.Identities
	case bytes.Equal(name, numberName):
		file = c.Numbers
	default:
		return noFile
	}
	c.selected, c.opened = file, false
	c.waiting = Object(0x6F, Object(0x84, name))
	return []byte{0x61, byte(len(c.waiting))}
}

func (c *Card) reads(command []byte) []byte {
	c.waiting = nil
	if len(command) != 5 {
		return wrongLength
	}
	offset := int(command[2])<<8 | int(command[3])
	if command[2]&0x80 != 0 {
		if command[2] != 0x82 || c.selected == nil {
			return noFile
		}
		c.opened, offset = true, int(command[3])
	}
	if !c.opened {
		return noOrder
	}
	if offset >= len(c.selected) {
		return beyondFile
	}
	wanted, left := length(command[4]), len(c.selected)-offset
	if wanted > left {
		return []byte{0x6C, byte(left)}
	}
	return append(bytes.Clone(c.selected[offset:offset+wanted]), ok...)
}

func (c *Card) fetched(command []byte) []byte {
	if c.waiting == nil {
		return noOrder
	}
	if wanted := length(command[4]); wanted != len(c.waiting) {
		return []byte{0x6C, byte(len(c.waiting))}
	}
	answer := append(c.waiting, ok...)
	c.waiting = nil
	return answer
}

// length is how many bytes a command asks for: 0 stands for 256.
func length(b byte) int {
	if b == 0 {
		return 256
	}
	return int(b)
}

// gone tells whether the card was pulled out before it could answer once more.
func (c *Card) gone() bool { return c.PulledOut > 0 && c.commands >= c.PulledOut }

func (c *Card) answerToReset() []byte {
	if c.ATR != nil {
		return c.ATR
	}
	return vitaleATR
}
