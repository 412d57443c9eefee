package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"vaccin/internal/auth/cps"
)

// Signing in by card begins at the service, goes to the listener that asks for the card, and comes back
// with a code. The attempt is a secret in a sealed cookie of the browser; the listener of cards is told
// its digest alone, the state, and ties the code to it. So a code serves in the browser that began, and
// whoever sees the addresses of both redirections has not what it takes.

// Handovers keeps identities read from cards until the service takes them, sealed, by opaque identifiers.
type Handovers interface {
	KeepHandover(ctx context.Context, id string, data []byte, expires time.Time) error
	// TakeHandover returns a hand-over, expired or not, and deletes it: of all who ask, one has it.
	TakeHandover(ctx context.Context, id string) (data []byte, expires time.Time, found bool, err error)
	PurgeHandovers(ctx context.Context, expiredBefore time.Time) error
}

const (
	cardAttemptPurpose = "card-sign-in"
	cardAttemptCookie  = "vaccin_card"
	handoverPurpose    = "handover"
	// handoverFor is how long a code may be taken: a redirection takes a second or two.
	handoverFor = 30 * time.Second
)

// CardAttempt is a sign-in by card under way.
type CardAttempt struct {
	Secret string
	Return string // path to come back to
	Until  time.Time
}

// State is what the listener of cards is told of an attempt.
func (a CardAttempt) State() string { return digest(a.Secret) }

// IsCardState tells what is written as the state of an attempt is.
func IsCardState(text string) bool { return cardState.MatchString(text) }

var cardState = regexp.MustCompile(`^[0-9a-f]{64}$`)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// drawn is 256 random bits, in the letters of addresses.
func drawn() string {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		panic(err) // it never returns one
	}
	return base64.RawURLEncoding.EncodeToString(secret)
}

// BeginCard puts a sign-in by card under way into the browser's cookie and returns its state.
func (m *Manager) BeginCard(w http.ResponseWriter, returnTo string) (state string, err error) {
	attempt := CardAttempt{drawn(), returnTo, time.Now().Add(attemptFor)}
	data, err := json.Marshal(attempt)
	if err != nil {
		return "", fmt.Errorf("keeping a sign-in by card under way: %w", err)
	}
	m.setAttempt(w, cardAttemptCookie, cardAttemptPurpose, data)
	return attempt.State(), nil
}

// TakeCardAttempt returns the sign-in by card under way in a browser and removes it: it serves once.
func (m *Manager) TakeCardAttempt(w http.ResponseWriter, r *http.Request) (CardAttempt, bool) {
	data, ok := m.takeAttempt(w, r, cardAttemptCookie, cardAttemptPurpose)
	if !ok {
		return CardAttempt{}, false
	}
	var a CardAttempt
	if err := json.Unmarshal(data, &a); err != nil || time.Now().After(a.Until) {
		return CardAttempt{}, false
	}
	return a, true
}

// HandOver keeps the identity of a verified card for whoever holds the secret of a state, and returns
// the code to take it with. The store sees the code's digest and sealed bytes.
func (m *Manager) HandOver(ctx context.Context, state string, identity cps.Identity) (code string, err error) {
	data, err := json.Marshal(identity)
	if err != nil {
		return "", fmt.Errorf("handing an identity over: %w", err)
	}
	code = drawn()
	id := digest(code)
	sealed := m.sealer.seal(handoverPurpose, id+state, data)
	if err := m.store.KeepHandover(ctx, id, sealed, time.Now().Add(handoverFor)); err != nil {
		return "", fmt.Errorf("handing an identity over: %w", err)
	}
	return code, nil
}

// TakeOver returns the identity that a code stands for, if the attempt is the one it was made for. A code
// serves once, here and on every other server, and is spent by who has no right to it as well.
func (m *Manager) TakeOver(ctx context.Context, attempt CardAttempt, code string) (cps.Identity, bool, error) {
	id := digest(code)
	sealed, expires, found, err := m.store.TakeHandover(ctx, id)
	if err != nil || !found || !time.Now().Before(expires) {
		return cps.Identity{}, false, err
	}
	data, err := m.sealer.open(handoverPurpose, id+attempt.State(), sealed)
	if err != nil {
		return cps.Identity{}, false, nil // of another attempt
	}
	var identity cps.Identity
	if err := json.Unmarshal(data, &identity); err != nil {
		return cps.Identity{}, false, fmt.Errorf("taking an identity over: %w", err)
	}
	return identity, true, nil
}

// DropCode spends a code that no attempt came with.
func (m *Manager) DropCode(ctx context.Context, code string) error {
	_, _, _, err := m.store.TakeHandover(ctx, digest(code))
	return err
}
