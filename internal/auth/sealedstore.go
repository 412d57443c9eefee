package auth

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// sessionPurpose separates the seal of sessions from every other.
const sessionPurpose = "session"

// touchEvery is how often the idle time of a session that did not change is written at most.
const touchEvery = time.Minute

// rememberedSessions bounds what sealedStore remembers of what it wrote; past it, it forgets all
// and writes each session once more.
const rememberedSessions = 20_000

// sealedStore is the scs store over ours. It names sessions by a digest of their token, seals their
// data, and skips writes that would only move the idle time by less than a minute.
type sealedStore struct {
	store  Store
	sealer *Sealer

	mu      sync.Mutex
	written map[string]writtenSession
}

type writtenSession struct {
	digest  [sha256.Size]byte
	expires time.Time
}

func newSealedStore(store Store, sealer *Sealer) *sealedStore {
	return &sealedStore{store: store, sealer: sealer, written: map[string]writtenSession{}}
}

// FindCtx returns a session that has not expired.
func (s *sealedStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	id := sessionID(token)
	sealed, expires, found, err := s.store.Session(ctx, id)
	if err != nil || !found || !time.Now().Before(expires) {
		return nil, false, err
	}
	data, err := s.sealer.open(sessionPurpose, id, sealed)
	if err != nil {
		return nil, false, nil // sealed with a key of before: the person signs in again
	}
	return data, true, nil
}

// CommitCtx writes a session.
func (s *sealedStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	id, digest := sessionID(token), sha256.Sum256(data)
	if s.fresh(id, digest, expires) {
		return nil
	}
	if err := s.store.SaveSession(ctx, id, s.sealer.seal(sessionPurpose, id, data), expires); err != nil {
		return err
	}
	s.remember(id, writtenSession{digest, expires})
	return nil
}

func (s *sealedStore) fresh(id string, digest [sha256.Size]byte, expires time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.written[id]
	return ok && last.digest == digest && expires.Sub(last.expires) < touchEvery
}

func (s *sealedStore) remember(id string, w writtenSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.written) >= rememberedSessions {
		clear(s.written)
	}
	s.written[id] = w
}

// DeleteCtx removes a session.
func (s *sealedStore) DeleteCtx(ctx context.Context, token string) error {
	id := sessionID(token)
	s.mu.Lock()
	delete(s.written, id)
	s.mu.Unlock()
	return s.store.DeleteSession(ctx, id)
}

// Find, Commit and Delete complete scs.Store; scs calls those with a context.

func (s *sealedStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *sealedStore) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

func (s *sealedStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
