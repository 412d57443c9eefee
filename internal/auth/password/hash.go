// Package password is the door of the portal's accounts: login and password. It keeps passwords as
// Argon2id hashes, gives the unknown login and the wrong password the same answer for the same work, and
// bounds what a flood of attempts may cost. What it lets in opens the portal alone: no page of the service
// (ACC-3). It reads no request and makes no session.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// Params are what one Argon2id computation costs.
type Params struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// DefaultParams are those of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one thread.
var DefaultParams = Params{MemoryKiB: 19 << 10, Passes: 2, Threads: 1}

const (
	saltBytes = 16
	keyBytes  = 32
)

// What a stored hash may ask for at most: one that was tampered with must not cost the machine its memory.
const (
	mostMemoryKiB = 256 << 10
	mostPasses    = 16
	mostThreads   = 16
	mostBytes     = 64
)

// ErrBusy is returned when too many passwords are being checked at once.
var ErrBusy = errors.New("password: too many checks at once")

// Hasher makes and checks hashes, a few at a time: each takes the memory of its parameters, and a flood
// must not take the machine's.
type Hasher struct {
	params Params
	slots  chan struct{}
	wait   time.Duration // for a slot
	dummy  encoded       // what a password is checked against when the login is unknown

	compute func(password, salt []byte, p Params, size uint32) []byte // argon2.IDKey, counted by tests
}

// NewHasher returns a hasher that computes at most atOnce hashes together; others wait at most wait.
func NewHasher(params Params, atOnce int, wait time.Duration) (*Hasher, error) {
	h := &Hasher{
		params: params, slots: make(chan struct{}, atOnce), wait: wait,
		compute: func(password, salt []byte, p Params, size uint32) []byte {
			return argon2.IDKey(password, salt, p.Passes, p.MemoryKiB, p.Threads, size)
		},
	}
	h.dummy = encoded{Params: params, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	for _, random := range [][]byte{h.dummy.salt, h.dummy.key} {
		if _, err := rand.Read(random); err != nil {
			return nil, fmt.Errorf("drawing the hash of nobody: %w", err)
		}
	}
	return h, nil
}

// Hash returns the hash of a password, under a new salt, as text.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("drawing a salt: %w", err)
	}
	key, err := h.derive(ctx, password, encoded{Params: h.params, salt: salt, key: make([]byte, keyBytes)})
	if err != nil {
		return "", err
	}
	return encoded{h.params, salt, key}.String(), nil
}

// check tells whether a password is that of a hash, or of nobody's when there is none (""): either way it
// makes exactly one computation. stale tells that the hash was made with other parameters than today's.
func (h *Hasher) check(ctx context.Context, password, hash string) (right, stale bool, err error) {
	against := h.dummy
	if hash != "" {
		if against, err = parse(hash); err != nil {
			return false, false, err
		}
	}
	key, err := h.derive(ctx, password, against)
	if err != nil {
		return false, false, err
	}
	right = subtle.ConstantTimeCompare(key, against.key) == 1 && hash != ""
	return right, against.Params != h.params || len(against.salt) != saltBytes || len(against.key) != keyBytes, nil
}

// derive waits for a slot and computes.
func (h *Hasher) derive(ctx context.Context, password string, like encoded) ([]byte, error) {
	tooLong := time.NewTimer(h.wait)
	defer tooLong.Stop()
	select {
	case h.slots <- struct{}{}:
	case <-tooLong.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.slots }()
	return h.compute([]byte(password), like.salt, like.Params, uint32(len(like.key))), nil
}

// encoded is a hash with what it was made with: the PHC string
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
type encoded struct {
	Params
	salt, key []byte
}

// String is the PHC string.
func (e encoded) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, e.MemoryKiB, e.Passes, e.Threads, b64(e.salt), b64(e.key))
}

// errHash never quotes the hash.
var errHash = errors.New("password: a stored hash cannot be read")

// parse reads a PHC string, exactly as String writes it.
func parse(text string) (encoded, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return encoded{}, errHash
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return encoded{}, errHash
	}
	var numbers [3]uint64
	for i, cost := range []struct {
		name string
		most uint64
	}{{"m=", mostMemoryKiB}, {"t=", mostPasses}, {"p=", mostThreads}} {
		digits, named := strings.CutPrefix(costs[i], cost.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !named || err != nil || n == 0 || n > cost.most {
			return encoded{}, errHash
		}
		numbers[i] = n
	}
	e := encoded{Params: Params{uint32(numbers[0]), uint32(numbers[1]), uint8(numbers[2])}}
	var err error
	for i, into := range []*[]byte{&e.salt, &e.key} {
		if *into, err = base64.RawStdEncoding.Strict().DecodeString(parts[4+i]); err != nil || len(*into) < 8 || len(*into) > mostBytes {
			return encoded{}, errHash
		}
	}
	if e.String() != text {
		return encoded{}, errHash
	}
	return e, nil
}
