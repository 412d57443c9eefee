package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
)

// KeySize is the size of the service's secret key, in bytes.
const KeySize = 32

// Sealer encrypts what leaves the service's memory (sessions, kept forms, the sign-in cookie) and makes
// blind identifiers. Each purpose has its own key, so that one kind never passes for another.
type Sealer struct {
	key []byte

	mu    sync.Mutex
	aeads map[string]cipher.AEAD // by purpose: to derive one costs more than to use it
}

// NewSealer takes the service's secret key, of KeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the secret key has %d bytes instead of %d", len(key), KeySize)
	}
	return &Sealer{key: key, aeads: map[string]cipher.AEAD{}}, nil
}

func (s *Sealer) derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, s.key, nil, "vaccin:"+purpose, KeySize)
	if err != nil {
		panic(err) // only for lengths that KeySize is not
	}
	return key
}

// aead returns the cipher of a purpose, which may be used from many goroutines.
func (s *Sealer) aead(purpose string) cipher.AEAD {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.aeads[purpose] == nil {
		s.aeads[purpose] = s.newAEAD(purpose)
	}
	return s.aeads[purpose]
}

func (s *Sealer) newAEAD(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(s.derive(purpose))
	if err != nil {
		panic(err) // only for key sizes that KeySize is not
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size GCM asks for
	}
	return gcm
}

// seal encrypts data for a purpose, bound to an identifier: it opens only under the same ones.
func (s *Sealer) seal(purpose, id string, data []byte) []byte {
	return s.aead(purpose).Seal(nil, nil, data, []byte(id))
}

var errSealBroken = errors.New("sealed data does not open: changed, or sealed with another key")

func (s *Sealer) open(purpose, id string, sealed []byte) ([]byte, error) {
	data, err := s.aead(purpose).Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return nil, errSealBroken
	}
	return data, nil
}

// blind turns an identifier into one that tells nothing without the key.
func (s *Sealer) blind(purpose, id string) string {
	mac := hmac.New(sha256.New, s.derive(purpose))
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

// Blind is an identifier under which others may keep something, and that tells nothing without the key.
func (s *Sealer) Blind(purpose, id string) string { return s.blind(purpose, id) }

// Key is a key of its own for a purpose of others: it tells nothing of the service's, nor of another's.
func (s *Sealer) Key(purpose string) []byte { return s.derive(purpose) }

// NewKey draws a secret key.
func NewKey() ([]byte, error) {
	key := make([]byte, KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("drawing a secret key: %w", err)
	}
	return key, nil
}
