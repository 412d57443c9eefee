package opsim

import "time"

// expiring keeps values for a fixed time. Since they all live equally long, the
// oldest are always first in line, and putting one sheds the dead ones: a load
// bench neither fills the memory nor scans it. Not safe for concurrent use.
type expiring[T any] struct {
	lifetime time.Duration
	values   map[string]lasting[T]
	line     []deadline
}

type lasting[T any] struct {
	value T
	until time.Time
}

type deadline struct {
	key   string
	until time.Time
}

func newExpiring[T any](lifetime time.Duration) *expiring[T] {
	return &expiring[T]{lifetime: lifetime, values: map[string]lasting[T]{}}
}

// put keeps a value under a new key and returns until when.
func (e *expiring[T]) put(key string, value T, now time.Time) time.Time {
	dead := 0
	for dead < len(e.line) && !e.line[dead].until.After(now) {
		delete(e.values, e.line[dead].key)
		dead++
	}
	e.line = e.line[dead:]
	until := now.Add(e.lifetime)
	e.values[key] = lasting[T]{value, until}
	e.line = append(e.line, deadline{key, until})
	return until
}

func (e *expiring[T]) get(key string, now time.Time) (T, bool) {
	kept, ok := e.values[key]
	if !ok || !kept.until.After(now) {
		var none T
		return none, false
	}
	return kept.value, true
}

// set changes a value that is still there, without prolonging it.
func (e *expiring[T]) set(key string, value T) {
	if kept, ok := e.values[key]; ok {
		kept.value = value
		e.values[key] = kept
	}
}

func (e *expiring[T]) remove(key string) { delete(e.values, key) }

func (e *expiring[T]) removeIf(matches func(T) bool) {
	for key, kept := range e.values {
		if matches(kept.value) {
			delete(e.values, key)
		}
	}
}
