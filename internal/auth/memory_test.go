package auth

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"vaccin/internal/registry"
)

// memory is a Store in memory that counts its writes and can fail.
type memory struct {
	mu       sync.Mutex
	sessions map[string]row
	forms    map[string]row
	orders   map[string]row
	handed   map[string]row
	writes   int
	broken   error
}

type row struct {
	data    []byte
	expires time.Time

	owner, session, subject string // of sessions
}

func newMemory() *memory {
	return &memory{sessions: map[string]row{}, forms: map[string]row{}, orders: map[string]row{}, handed: map[string]row{}}
}

func (m *memory) get(from map[string]row, key string) ([]byte, time.Time, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := from[key]
	return r.data, r.expires, ok, m.broken
}

func (m *memory) change(do func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.writes++
	do()
	return nil
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// expire makes everything that is kept end before a moment.
func (m *memory) expire(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rows := range []map[string]row{m.sessions, m.forms, m.handed} {
		for key, r := range rows {
			r.expires = at
			rows[key] = r
		}
	}
}

// holds tells whether a text stands anywhere in what is kept.
func (m *memory) holds(text string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rows := range []map[string]row{m.sessions, m.forms, m.handed} {
		for key, r := range rows {
			if bytes.Contains(r.data, []byte(text)) || bytes.Contains([]byte(key), []byte(text)) {
				return true
			}
		}
	}
	return false
}

func (m *memory) Session(_ context.Context, id string) ([]byte, time.Time, bool, error) {
	return m.get(m.sessions, id)
}

func (m *memory) CreateSession(_ context.Context, id string, data []byte, expires time.Time, owner, session, subject string) error {
	return m.change(func() { m.sessions[id] = row{data, expires, owner, session, subject} })
}

func (m *memory) SaveSession(_ context.Context, id string, data []byte, expires time.Time) error {
	return m.change(func() {
		if r, ok := m.sessions[id]; ok {
			r.data, r.expires = data, expires
			m.sessions[id] = r
		}
	})
}

func (m *memory) CountSessions(_ context.Context, owner string, after time.Time) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.sessions {
		if r.owner == owner && r.expires.After(after) {
			n++
		}
	}
	return n, m.broken
}

func (m *memory) end(gone func(row) bool) {
	maps.DeleteFunc(m.sessions, func(_ string, r row) bool { return gone(r) })
}

func (m *memory) EndSessions(_ context.Context, owner string) error {
	return m.change(func() { m.end(func(r row) bool { return owner != "" && r.owner == owner }) })
}

func (m *memory) EndProviderSessions(_ context.Context, order string, until time.Time, session, subject string) (first bool, err error) {
	err = m.change(func() {
		if _, again := m.orders[order]; again {
			return
		}
		first = true
		m.orders[order] = row{expires: until}
		m.end(func(r row) bool {
			switch {
			case subject == "":
				return session != "" && r.session == session
			case session == "":
				return r.subject == subject
			}
			return r.subject == subject && (r.session == session || r.session == "")
		})
	})
	return first, err
}

func (m *memory) PurgeOrders(_ context.Context, before time.Time) error {
	return m.change(func() { purge(m.orders, before) })
}

func (m *memory) DeleteSession(_ context.Context, id string) error {
	return m.change(func() { delete(m.sessions, id) })
}

func (m *memory) PurgeSessions(_ context.Context, before time.Time) error {
	return m.change(func() { purge(m.sessions, before) })
}

func (m *memory) KeepForm(_ context.Context, owner string, data []byte, expires time.Time) error {
	return m.change(func() { m.forms[owner] = row{data: data, expires: expires} })
}

func (m *memory) KeptForm(_ context.Context, owner string) ([]byte, time.Time, bool, error) {
	return m.get(m.forms, owner)
}

func (m *memory) DropForm(_ context.Context, owner string) error {
	return m.change(func() { delete(m.forms, owner) })
}

func (m *memory) PurgeForms(_ context.Context, before time.Time) error {
	return m.change(func() { purge(m.forms, before) })
}

func (m *memory) KeepHandover(_ context.Context, id string, data []byte, expires time.Time) error {
	return m.change(func() { m.handed[id] = row{data: data, expires: expires} })
}

func (m *memory) TakeHandover(_ context.Context, id string) ([]byte, time.Time, bool, error) {
	var r row
	var ok bool
	err := m.change(func() { r, ok = m.handed[id]; delete(m.handed, id) })
	return r.data, r.expires, ok, err
}

func (m *memory) PurgeHandovers(_ context.Context, before time.Time) error {
	return m.change(func() { purge(m.handed, before) })
}

func purge(rows map[string]row, before time.Time) {
	for key, r := range rows {
		if r.expires.Before(before) {
			delete(rows, key)
		}
	}
}

var errBroken = errors.New("the disk is full")

func newTestManager(t testing.TB, store Store, o Options) *Manager {
	t.Helper()
	sealer, err := NewSealer(bytes.Repeat([]byte{7}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return NewManager(store, sealer, o)
}

// doctor is someone signed in with two places, none chosen.
func doctor(id string) Login {
	practice := func(place string) Practice {
		return Practice{
			Place:        registry.PracticePlace{ID: place, Name: "Cabinet " + place},
			Practitioner: registry.Practitioner{NationalID: id, Profession: registry.ProfessionDoctor, FamilyName: "Marchand"},
		}
	}
	return Login{
		Door: registry.DoorPSC, Role: registry.RolePractitioner, NationalID: id, GivenName: "Hélène", FamilyName: "Marchand",
		Practices: []Practice{practice("A"), practice("B")}, Chosen: -1, At: time.Now(),
	}
}
