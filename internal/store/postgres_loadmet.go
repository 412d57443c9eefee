package store

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// metKeys remembers which persons a file has had so far, in ten bits a key or more: it never misses one that it met, and takes
// at most some few of a thousand others for met. What it says depends on the file alone, so that an import that goes on
// is told the same again: parts are looked at in their turn.
type metKeys struct {
	blocks []metBlock
	// before are the numbers of those who were there before the file, and of whoever shares one with them; nil if nobody was.
	before map[uint64]struct{}

	mu    sync.Mutex
	moved sync.Cond // of mu
	turn  int       // of the next part
}

// metBlock is what one key touches: a line of the processor's cache.
type metBlock [8]uint64

const (
	metProbes            = 6
	metBits, mostMetBits = 10, 24    // for a key
	metBytes             = 160 << 20 // up to which a key has more than the fewest
)

// newMetKeys has room for so many rows.
func newMetKeys(rows int64) *metKeys {
	keys := max(1, 2*rows)
	return metKeysOf(keys, min(max(metBits, metBytes*8/keys), mostMetBits))
}

func metKeysOf(keys, bits int64) *metKeys {
	m := &metKeys{blocks: make([]metBlock, max(1, keys*bits/512))}
	m.moved.L = &m.mu
	return m
}

// rowHashes are the natural key of a row and the NIR of their own, which is 0 when it is not told; the holder's where some were there before.
type rowHashes struct{ natural, own, holder uint64 }

// hashRows appends the hashes of rows.
func (m *metKeys) hashRows(to []rowHashes, rows []registry.InsuredRow) []rowHashes {
	for i := range rows {
		row := &rows[i]
		h := rowHashes{natural: hashKey(row.Holder.Digits(), row.BirthDate.Digits(), row.BirthRank)}
		if !row.Own.IsZero() {
			h.own = hashNumber(row.Own)
		}
		if m.before != nil {
			h.holder = hashNumber(row.Holder)
		}
		to = append(to, h)
	}
	return to
}

// suspects are the rows of which the natural key, or their own NIR, may have come before; left are those who share a number with somebody
// who was there before the file, or with an earlier row that is left. It waits for the turn of the part that they are: every part has to come.
func (m *metKeys) suspects(turn int, part []rowHashes) (suspects, left []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.turn != turn {
		m.moved.Wait()
	}
	for i, h := range part {
		if m.before != nil && m.shares(h) {
			left = append(left, i)
			continue
		}
		met := m.met(h.natural)
		if h.own != 0 {
			met = m.met(h.own) || met
		}
		if met {
			suspects = append(suspects, i)
		}
	}
	m.turn++
	m.moved.Broadcast()
	return suspects, left
}

// shares tells whether a row shares a number with those before, and counts it among them then.
func (m *metKeys) shares(h rowHashes) bool {
	_, holder := m.before[h.holder]
	_, own := m.before[h.own] // no number is 0
	if !holder && !own {
		return false
	}
	m.before[h.holder] = struct{}{}
	if h.own != 0 {
		m.before[h.own] = struct{}{}
	}
	return true
}

// met tells whether a key may have come before, and remembers it.
func (m *metKeys) met(h uint64) bool {
	at, _ := bits.Mul64(h, uint64(len(m.blocks)))
	block, known := &m.blocks[at], true
	h *= 0x9E3779B97F4A7C15 // its low bits say which
	h ^= h >> 29
	for range metProbes {
		bit := uint64(1) << (h & 63)
		word := &block[h>>6&7]
		known = known && *word&bit != 0
		*word |= bit
		h >>= 9
	}
	return known
}

func hashNumber(number nir.Number) uint64 { return hashKey(number.Digits(), "", 0) }

// hashKey mixes the parts of a key. It is no secret, and the same in every process: who makes a file to have keys collide
// makes its import slower.
func hashKey(number, born string, rank int) uint64 {
	var b [32]byte
	copy(b[:13], number)
	copy(b[13:21], born)
	b[21] = byte(rank)
	h := uint64(0x243F6A8885A308D3)
	for i := 0; i < len(b); i += 8 {
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b[i:])^h, 0xD6E8FEB86659FD93)
		h = hi ^ lo
	}
	return h
}
