package auth

import (
	"bytes"
	"context"
	"errors"
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
	writes   int
	broken   error
}

type row struct {
	data    []byte
	expires time.Time
}

func newMemory() *memory { return &memory{sessions: map[string]row{}, forms: map[string]row{}} }

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
	for _, rows := range []map[string]row{m.sessions, m.forms} {
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
	for _, rows := range []map[string]row{m.sessions, m.forms} {
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

func (m *memory) SaveSession(_ context.Context, id string, data []byte, expires time.Time) error {
	return m.change(func() { m.sessions[id] = row{data, expires} })
}

func (m *memory) DeleteSession(_ context.Context, id string) error {
	return m.change(func() { delete(m.sessions, id) })
}

func (m *memory) PurgeSessions(_ context.Context, before time.Time) error {
	return m.change(func() { purge(m.sessions, before) })
}

func (m *memory) KeepForm(_ context.Context, owner string, data []byte, expires time.Time) error {
	return m.change(func() { m.forms[owner] = row{data, expires} })
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

func purge(rows map[string]row, before time.Time) {
	for key, r := range rows {
		if r.expires.Before(before) {
			delete(rows, key)
		}
	}
}

var errBroken = errors.New("the disk is full")

func newTestManager(t *testing.T, store Store, o Options) *Manager {
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
