package accesslog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof proves that a signed head covers an entry. It needs neither the log nor a database.
type Proof struct {
	Position int64  `json:"position"`
	Entry    []byte `json:"entry"`  // encoded
	Hashes   []Hash `json:"hashes"` // the audit path (RFC 6962, 2.1.1)
	Head     string `json:"head"`   // signed
}

// maxProof bounds a file with a proof; real ones have a few thousand bytes.
const maxProof = 4 << 20

// ErrProof is returned for a proof that does not hold.
var ErrProof = errors.New("accesslog: this does not prove that the log holds the entry")

// WriteProof writes a proof as JSON.
func WriteProof(w io.Writer, p Proof) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("writing a proof: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// ReadProof reads what WriteProof wrote.
func ReadProof(r io.Reader) (p Proof, err error) {
	decoder := json.NewDecoder(io.LimitReader(r, maxProof))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrProof, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Proof{}, ErrProof
	}
	return p, nil
}

// Check returns the entry and the head that covers it, if a key that is believed signed the head and the
// proof holds.
func (p Proof) Check(v Verifiers) (Entry, Head, error) {
	head, err := v.Open([]byte(p.Head))
	if err != nil {
		return Entry{}, Head{}, err
	}
	e, err := DecodeEntry(p.Entry)
	if err != nil {
		return Entry{}, Head{}, err
	}
	if err := CheckInclusion(p.Hashes, head.Size, head.Root, p.Position, tlog.RecordHash(p.Entry)); err != nil {
		return Entry{}, Head{}, fmt.Errorf("%w: %w", ErrProof, err)
	}
	return e, head, nil
}
