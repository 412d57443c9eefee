package auth

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"time"
)

// sessionPurpose separates the seal of sessions from every other.
const sessionPurpose = "session"

// touchEvery is how often at most the idle time of a session that did not change is written; of short
// idle times, a quarter.
const touchEvery = time.Minute

// sealedStore is the scs store over ours. It names sessions by a digest of their token, seals their
// data, and writes as little as it can. scs writes back the whole session that a request read; so that
// two requests of one session do not undo each other, only what this request changed is written here,
// and a session ended meanwhile stays ended.
type sealedStore struct {
	store  Store
	sealer *Sealer
	idle   time.Duration
	touch  time.Duration // how much of it passes before it is written

	locks [1 << 12]sync.Mutex
}

// lock makes requests of one session that meet on this server write one after the other.
func (s *sealedStore) lock(id string) (unlock func()) {
	rank, err := strconv.ParseUint(id[:3], 16, 12)
	if err != nil {
		panic(err) // sessionID is hexadecimal
	}
	s.locks[rank].Lock()
	return s.locks[rank].Unlock
}

func newSealedStore(store Store, sealer *Sealer, idle time.Duration) *sealedStore {
	return &sealedStore{store: store, sealer: sealer, idle: idle, touch: min(touchEvery, idle/4)}
}

// loaded is the session as this request read it; it is empty until then.
type loaded struct {
	id      string
	data    []byte
	expires time.Time

	leaves  bool // what the browser keeps for it
	changed bool // by this request
}

type loadedKey struct{}

// withLoaded prepares the context of a request to remember the session it reads.
func withLoaded(ctx context.Context) context.Context {
	return context.WithValue(ctx, loadedKey{}, &loaded{})
}

// loadedIn returns what this request read, or nil outside of LoadAndSave.
func loadedIn(ctx context.Context) *loaded {
	l, _ := ctx.Value(loadedKey{}).(*loaded)
	return l
}

// change notes that the request changes its session.
func change(ctx context.Context) {
	if l := loadedIn(ctx); l != nil {
		l.changed = true
	}
}

// leaveJars has the answer delete what the browser keeps for the session.
func leaveJars(ctx context.Context) {
	if l := loadedIn(ctx); l != nil {
		l.leaves = true
	}
}

// FindCtx returns a session that has not expired.
func (s *sealedStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	id := sessionID(token)
	data, expires, ok, err := s.find(ctx, id)
	if l := loadedIn(ctx); l != nil && ok {
		l.id, l.data, l.expires = id, data, expires
	}
	return data, ok, err
}

func (s *sealedStore) find(ctx context.Context, id string) ([]byte, time.Time, bool, error) {
	sealed, expires, found, err := s.store.Session(ctx, id)
	if err != nil || !found || !time.Now().Before(expires) {
		return nil, time.Time{}, false, err
	}
	data, err := s.sealer.open(sessionPurpose, id, sealed)
	if err != nil {
		return nil, time.Time{}, false, nil // sealed with a key of before: the person signs in again
	}
	return data, expires, true, nil
}

// stands tells that a session need not be written: this request read it and changed nothing, and its idle time is not
// due.
func (s *sealedStore) stands(seen *loaded) bool {
	return seen.id != "" && !seen.changed && !seen.leaves && time.Until(seen.expires) > s.idle-s.touch
}

// CommitCtx writes a new session, or what this request changed of the one it read.
func (s *sealedStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	id, seen := sessionID(token), loadedIn(ctx)
	if seen == nil || seen.id != id {
		return s.create(ctx, id, data, expires)
	}
	if bytes.Equal(data, seen.data) && expires.Sub(seen.expires) < s.touch {
		return nil
	}
	defer s.lock(id)()
	current, _, ok, err := s.find(ctx, id)
	if err != nil || !ok {
		return err // signed out meanwhile: writing it would bring it back
	}
	if data, err = merge(seen.data, data, current); err != nil {
		return err
	}
	return s.save(ctx, id, data, expires)
}

// create writes a new session with its tags.
func (s *sealedStore) create(ctx context.Context, id string, data []byte, expires time.Time) error {
	_, values, err := decodeSession(data)
	if err != nil {
		return err
	}
	tags := decodeTags(values[tagsKey])
	return s.store.CreateSession(ctx, id, s.sealer.seal(sessionPurpose, id, data), expires, tags.owner, tags.session, tags.subject)
}

func (s *sealedStore) save(ctx context.Context, id string, data []byte, expires time.Time) error {
	return s.store.SaveSession(ctx, id, s.sealer.seal(sessionPurpose, id, data), expires)
}

// merge makes in the current session the changes that lead from one to another.
func merge(before, after, current []byte) ([]byte, error) {
	if bytes.Equal(before, current) {
		return after, nil
	}
	_, was, err := decodeSession(before)
	if err != nil {
		return nil, err
	}
	_, is, err := decodeSession(after)
	if err != nil {
		return nil, err
	}
	deadline, values, err := decodeSession(current)
	if err != nil {
		return nil, err
	}
	for name, value := range is {
		if old, ok := was[name]; !ok || !bytes.Equal(old, value) {
			values[name] = value
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			delete(values, name)
		}
	}
	return encodeSession(deadline, values), nil
}

// DeleteCtx removes a session.
func (s *sealedStore) DeleteCtx(ctx context.Context, token string) error {
	id := sessionID(token)
	defer s.lock(id)()
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
