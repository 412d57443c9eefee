package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"sync"
)

const (
	idSize     = 2
	nonceSize  = 12
	tagSize    = 16
	checkBytes = 8

	// SealOverhead is how many bytes sealed data has more than what was sealed: the number of the key,
	// the nonce, and the tag.
	SealOverhead = idSize + nonceSize + tagSize

	// BlindSize is the size of a blind index, in bytes.
	BlindSize = 16
)

// derive makes a key for one purpose of a secret, so that no two uses share one.
func (s secret) derive(purpose string, size int) []byte {
	key, err := hkdf.Key(sha256.New, s.bytes[:], nil, "vaccin keyring: "+purpose, size)
	if err != nil {
		panic(err) // only for sizes that none here is
	}
	return key
}

func (s secret) check() string { return hex.EncodeToString(s.derive("check", checkBytes)) }

// sealKey is a key with the cipher made of it once: to make one costs more than to use it.
type sealKey struct {
	secret
	aead cipher.AEAD
}

func newSealKey(s secret) *sealKey {
	block, err := aes.NewCipher(s.derive("seal", secretSize))
	if err != nil {
		panic(err) // only for key sizes that secretSize is not
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size GCM asks for
	}
	return &sealKey{s, aead}
}

// contexts lends what the text of a context is copied to: ciphers take bytes, and a copy made for each
// call would be thrown away after it.
var contexts = sync.Pool{New: func() any { return new([]byte) }}

// Seal encrypts bytes under the current seal key and appends them to dst: the key's number in two bytes,
// a random nonce, the ciphertext with its tag. They open under the same context alone, so that what was
// sealed for one row does not serve for another.
func (r *Ring) Seal(dst, plain []byte, context string) []byte {
	k := r.seals[0]
	bytes, _ := contexts.Get().(*[]byte)
	*bytes = append((*bytes)[:0], context...)
	dst = slices.Grow(dst, SealOverhead+len(plain))
	dst = binary.BigEndian.AppendUint16(dst, k.id.Number)
	dst = k.aead.Seal(dst, nil, plain, *bytes)
	contexts.Put(bytes)
	return dst
}

// Open decrypts what Seal made under any key of the ring, for the same context, and appends it to dst.
// Its error is ErrNoKey, which names the key, or ErrBroken.
func (r *Ring) Open(dst, sealed []byte, context string) ([]byte, error) {
	id, ok := SealedUnder(sealed)
	if !ok {
		return nil, ErrBroken
	}
	for _, k := range r.seals {
		if k.id != id {
			continue
		}
		bytes, _ := contexts.Get().(*[]byte)
		*bytes = append((*bytes)[:0], context...)
		plain, err := k.aead.Open(slices.Grow(dst, len(sealed)-SealOverhead), nil, sealed[idSize:], *bytes)
		contexts.Put(bytes)
		if err != nil {
			return nil, ErrBroken
		}
		return plain, nil
	}
	return nil, fmt.Errorf("the key %v: %w", id, ErrNoKey)
}

// SealedUnder tells which key sealed some data, or false for what is too short to be sealed.
func SealedUnder(sealed []byte) (ID, bool) {
	if len(sealed) < SealOverhead {
		return ID{}, false
	}
	return ID{SealKey, binary.BigEndian.Uint16(sealed)}, true
}

// blindKey is a key with hashes that were keyed once, lent to who needs one.
type blindKey struct {
	secret
	macs sync.Pool
}

// mac is a keyed hash with room for what goes in and comes out.
type mac struct {
	hash.Hash
	text, sum []byte
}

func newBlindKey(s secret) *blindKey {
	key := s.derive("blind", secretSize)
	k := &blindKey{secret: s}
	k.macs.New = func() any { return &mac{Hash: hmac.New(sha256.New, key)} }
	return k
}

// blind appends the blind index of a text to dst.
func (k *blindKey) blind(dst []byte, text string) []byte {
	m, _ := k.macs.Get().(*mac)
	m.text = append(m.text[:0], text...)
	return k.sum(m, dst, m.text)
}

// append appends the blind index of some bytes to dst.
func (k *blindKey) append(dst, text []byte) []byte {
	m, _ := k.macs.Get().(*mac)
	return k.sum(m, dst, text)
}

// sum appends what a hash makes of some bytes, and lends the hash again.
func (k *blindKey) sum(m *mac, dst, text []byte) []byte {
	m.Reset()
	m.Write(text)
	m.sum = m.Sum(m.sum[:0])
	dst = append(dst, m.sum[:BlindSize]...)
	k.macs.Put(m)
	return dst
}

// Blind is the index of a text under the current blind key, of BlindSize bytes: equal for equal texts,
// and without the key telling nothing of them.
func (r *Ring) Blind(text string) []byte {
	return r.blinds[0].blind(make([]byte, 0, BlindSize), text)
}

// Blinds are the indexes of a text under every blind key of the ring, the current one first: during a
// rotation what is looked for may stand under either.
func (r *Ring) Blinds(text string) [][]byte {
	all := make([][]byte, len(r.blinds))
	room := make([]byte, 0, BlindSize*len(r.blinds))
	for i, k := range r.blinds {
		room = k.blind(room, text)
		all[i] = room[i*BlindSize : (i+1)*BlindSize : (i+1)*BlindSize]
	}
	return all
}

// AppendBlind appends the index of some bytes under the current blind key, as Blind has it, to dst.
func (r *Ring) AppendBlind(dst, text []byte) []byte { return r.blinds[0].append(dst, text) }
