package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vaccin/internal/auth/oidc"
)

// tags say whose a session is to who holds the key, and nothing to who reads the store: by them all sessions of
// a person are ended, here or by their provider, on every server at once.
type tags struct {
	owner   string // the person
	session string // at the provider: issuer and sid
	subject string // at the provider: issuer and sub
}

// Each tag is blinded for a purpose of its own, so that equal identifiers of two kinds look unlike.
const (
	ownerPurpose           = "session-owner"
	providerSessionPurpose = "provider-session"
	providerSubjectPurpose = "provider-subject"
	orderPurpose           = "logout-order"
)

func (m *Manager) tags(login Login) tags {
	p := login.Provider
	return tags{
		owner:   m.sealer.blind(ownerPurpose, login.NationalID),
		session: m.blindPair(providerSessionPurpose, p.Issuer, p.Session),
		subject: m.blindPair(providerSubjectPurpose, p.Issuer, p.Subject),
	}
}

// blindPair blinds what an issuer calls by a name; there is no tag without a name. An issuer is an address and
// holds no line feed.
func (m *Manager) blindPair(purpose, issuer, name string) string {
	if issuer == "" || name == "" {
		return ""
	}
	return m.sealer.blind(purpose, issuer+"\n"+name)
}

func (t tags) encode() []byte { return []byte(t.owner + " " + t.session + " " + t.subject) }

// decodeTags reads the tags of a session; one made before there were tags has none.
func decodeTags(data []byte) tags {
	parts := strings.Split(string(data), " ")
	if len(parts) != 3 {
		return tags{}
	}
	return tags{parts[0], parts[1], parts[2]}
}

// OpenSessions counts the sessions that a person has open, on whatever device.
func (m *Manager) OpenSessions(ctx context.Context, nationalID string) (int, error) {
	return m.store.CountSessions(ctx, m.sealer.blind(ownerPurpose, nationalID), time.Now())
}

// EndEverywhere signs a person out of every session, this one included, on every server.
func (m *Manager) EndEverywhere(ctx context.Context, nationalID string) error {
	if err := m.store.EndSessions(ctx, m.sealer.blind(ownerPurpose, nationalID)); err != nil {
		return fmt.Errorf("ending every session of a person: %w", err)
	}
	return m.End(ctx)
}

// EndByProvider ends the sessions that a provider's verified logout token names: those of its session, or all of
// its subject. It tells whether the token came for the first time; one that came before ends nothing.
func (m *Manager) EndByProvider(ctx context.Context, logout oidc.Logout) (first bool, err error) {
	return m.store.EndProviderSessions(ctx,
		m.blindPair(orderPurpose, logout.Issuer, logout.TokenID), time.Now().Add(2*oidc.MaxLogoutAge),
		m.blindPair(providerSessionPurpose, logout.Issuer, logout.SessionID),
		m.blindPair(providerSubjectPurpose, logout.Issuer, logout.Subject))
}
