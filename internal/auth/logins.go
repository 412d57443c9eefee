package auth

import (
	"encoding/json"
	"errors"
	"sync"
)

// logins remembers how logins read, by the very bytes that sessions keep of them: reading them anew was a good
// part of what a request costs, and they are the same from one request of a session to the next. It says nothing
// of whether a session is still there: the bytes come from the session, read each time. The zero value is ready.
type logins struct {
	mu    sync.RWMutex
	known map[string]Login
}

// loginsKnown is how many logins are remembered; the next one begins anew.
const loginsKnown = 10_000

var errNoLogin = errors.New("auth: a session without a login")

// read returns the login of which a session keeps data. Its slices are shared, and nobody changes them.
func (l *logins) read(data []byte) (Login, error) {
	if data == nil {
		return Login{}, errNoLogin
	}
	l.mu.RLock()
	login, ok := l.known[string(data)]
	l.mu.RUnlock()
	if ok {
		return login, nil
	}
	if err := json.Unmarshal(data, &login); err != nil {
		return Login{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= loginsKnown {
		l.known = map[string]Login{}
	}
	l.known[string(data)] = login
	return login, nil
}
