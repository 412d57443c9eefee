package accesslog

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is what is signed: the whole log up to a moment, in one hash. Heads are numbered from 1 without a
// gap, so that a missing one shows.
type Head struct {
	Number int64
	Size   int64
	Root   Hash
	At     time.Time // of the signature, to the microsecond
}

// Signer signs heads.
type Signer struct {
	note     note.Signer
	verifier string
}

// Verifier is the key that verifies what the signer signs, to be handed out.
func (s *Signer) Verifier() string { return s.verifier }

// Verifiers are the keys whose signatures are believed.
type Verifiers struct {
	list  note.Verifiers
	names map[string]bool
}

// NewKey makes a key of that name: what signs, to be kept secret, and what verifies, to be handed out.
func NewKey(name string) (signer, verifier string, err error) {
	signer, verifier, err = note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", "", fmt.Errorf("accesslog: making a key: %w", err)
	}
	if _, err := NewSigner(signer); err != nil { // a name that is none
		return "", "", err
	}
	return signer, verifier, nil
}

// NewSigner reads the key that signs. An error does not tell the key.
func NewSigner(key string) (*Signer, error) {
	s, err := note.NewSigner(strings.TrimSpace(key))
	if err != nil {
		return nil, errors.New("accesslog: this is no key to sign heads with")
	}
	verifier, err := verifierOf(key)
	if err != nil {
		return nil, err
	}
	return &Signer{note: s, verifier: verifier}, nil
}

// verifierOf is the key that verifies what a key signs: note keeps its seed at the end of the text, after a
// byte that names the algorithm.
func verifierOf(key string) (string, error) {
	parts := strings.Split(strings.TrimSpace(key), "+")
	seed, err := base64.StdEncoding.DecodeString(strings.Join(parts[4:], "+"))
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", errors.New("accesslog: this is no key to sign heads with")
	}
	public, isKey := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !isKey {
		return "", errors.New("accesslog: this is no key to sign heads with")
	}
	return note.NewEd25519VerifierKey(parts[2], public)
}

// NewVerifiers reads keys that verify.
func NewVerifiers(keys ...string) (Verifiers, error) {
	v := Verifiers{names: map[string]bool{}}
	var list []note.Verifier
	for _, key := range keys {
		one, err := note.NewVerifier(strings.TrimSpace(key))
		if err != nil {
			return Verifiers{}, fmt.Errorf("accesslog: this is no key to verify heads with: %w", err)
		}
		list = append(list, one)
		v.names[one.Name()] = true
	}
	v.list = note.VerifierList(list...)
	return v, nil
}

// momentLayout has the six digits that a moment is kept with.
const momentLayout = "2006-01-02T15:04:05.000000Z"

// Sign returns the head as a signed note: a C2SP checkpoint (origin, size, root) with two more lines, its
// number and its moment.
func (s *Signer) Sign(h Head) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\nhead %d\nat %s\n", s.note.Name(), h.Size, h.Root, h.Number, h.At.UTC().Format(momentLayout))
	return note.Sign(&note.Note{Text: text}, s.note)
}

// ErrSignature is returned for a head that none of the keys signed, or that was changed since.
var ErrSignature = errors.New("accesslog: no valid signature by a known key")

var errHead = errors.New("accesslog: this is no head")

// Open reads a signed head and checks who signed it. For ErrSignature the head is returned too, as far as
// it can be read, to say which it claims to be.
func (v Verifiers) Open(signed []byte) (Head, error) {
	known := v.list
	if known == nil {
		known = note.VerifierList()
	}
	n, err := note.Open(signed, known)
	if err != nil {
		claimed, _ := readHead(textOf(signed))
		return claimed.Head, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	h, err := readHead(n.Text)
	if err != nil {
		return Head{}, err
	}
	if !v.names[h.origin] {
		return h.Head, fmt.Errorf("%w: it is of another log", ErrSignature)
	}
	return h.Head, nil
}

// textOf is the text of a note whose signatures say nothing.
func textOf(signed []byte) string {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return text + "\n"
}

type readHeadResult struct {
	Head
	origin string
}

// readHead reads the text of a head, in the one form in which Sign writes it.
func readHead(text string) (h readHeadResult, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] == "" || lines[5] != "" {
		return h, errHead
	}
	number, isHead := strings.CutPrefix(lines[3], "head ")
	at, isAt := strings.CutPrefix(lines[4], "at ")
	var errs [4]error
	h.origin = lines[0]
	h.Size, errs[0] = wholeNumber(lines[1])
	h.Root, errs[1] = tlog.ParseHash(lines[2])
	h.Number, errs[2] = wholeNumber(number)
	h.At, errs[3] = time.Parse(momentLayout, at)
	if errors.Join(errs[:]...) != nil || !isHead || !isAt || h.Number == 0 || h.At.Format(momentLayout) != at || h.Root.String() != lines[2] {
		return readHeadResult{}, errHead
	}
	return h, nil
}

// wholeNumber reads digits in their shortest form.
func wholeNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, errHead
	}
	return n, nil
}

// HeadNumber is the number that a head claims, 0 when it cannot be read. It checks no signature.
func HeadNumber(signed []byte) int64 {
	h, err := readHead(textOf(signed))
	if err != nil {
		return 0
	}
	return h.Number
}
