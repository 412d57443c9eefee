package auth

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
)

// from is a doctor who came from a session of a provider.
func from(id, subject, session string) Login {
	login := doctor(id)
	login.Provider = ProviderSession{Issuer: "https://psc.exemple", Subject: subject, Session: session}
	return login
}

func TestTagsTellNothingAndLookUnlike(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	signIn(t, m, "", from("899700810379", "899700810379", "899700810379"))
	for _, r := range store.sessions {
		if r.owner == "" || r.session == "" || r.subject == "" || r.owner == r.subject || r.session == r.subject {
			t.Errorf("tags %q %q %q", r.owner, r.session, r.subject)
		}
		for _, tag := range []string{r.owner, r.session, r.subject} {
			if len(tag) != 64 {
				t.Errorf("a tag of %d characters", len(tag))
			}
		}
	}
	if store.holds("899700810379") {
		t.Error("who signed in can be read in the store")
	}
	signIn(t, m, "", doctor("1"))
	without := 0
	for _, r := range store.sessions {
		if r.session == "" && r.subject == "" {
			without++
		}
	}
	if without != 1 {
		t.Errorf("%d sessions without a provider", without)
	}
}

func TestSigningOutEverywhereReachesEveryServer(t *testing.T) {
	store := newMemory()
	one, two := newTestManager(t, store, Options{}), newTestManager(t, store, Options{})
	a, b, other := signIn(t, one, "", doctor("1")), signIn(t, two, "", doctor("1")), signIn(t, one, "", doctor("2"))
	if n, err := two.OpenSessions(t.Context(), "1"); n != 2 || err != nil {
		t.Errorf("%d sessions, %v", n, err)
	}
	// A request under way on another server changes its session after it was ended there.
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "vaccin_session", Value: b})
	two.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := store.EndSessions(r.Context(), one.sealer.blind(ownerPurpose, "1")); err != nil {
			t.Error(err)
		}
		if err := two.Put(r.Context(), "carry", "something"); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(w, r)
	for _, token := range []string{a, b} {
		for _, m := range []*Manager{one, two} {
			if _, ok := signedIn(m, token); ok {
				t.Error("a session that was ended goes on")
			}
		}
	}
	if _, ok := signedIn(two, other); !ok {
		t.Error("somebody else's session was ended")
	}
	if n, err := two.OpenSessions(t.Context(), "1"); n != 0 || err != nil {
		t.Errorf("%d sessions, %v", n, err)
	}
}

func TestAnOrderOfTheProviderServesOnceAndIsForgottenInTime(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	order := oidc.Logout{Issuer: "https://psc.exemple", TokenID: "j", Subject: "s"}
	gone, kept := signIn(t, m, "", from("1", "s", "a")), signIn(t, m, "", from("2", "t", "b"))
	elsewhere := from("3", "s", "c")
	elsewhere.Provider.Issuer = "https://agents.exemple"
	other := signIn(t, m, "", elsewhere)
	if first, err := m.EndByProvider(t.Context(), order); !first || err != nil {
		t.Error(first, err)
	}
	if _, ok := signedIn(m, gone); ok {
		t.Error("the session goes on")
	}
	for _, token := range []string{kept, other} {
		if _, ok := signedIn(m, token); !ok {
			t.Error("the session of another subject, or at another provider, was ended")
		}
	}
	again := signIn(t, m, "", from("1", "s", "a"))
	if err := m.Purge(t.Context()); err != nil {
		t.Error(err)
	}
	if first, err := m.EndByProvider(t.Context(), order); first || err != nil {
		t.Error(first, err)
	}
	if _, ok := signedIn(m, again); !ok {
		t.Error("an order that came before ended a session")
	}
	if until := store.orders[m.blindPair(orderPurpose, order.Issuer, order.TokenID)].expires; time.Until(until) < oidc.MaxLogoutAge {
		t.Errorf("the order is forgotten in %v, and may be believed for %v", time.Until(until), oidc.MaxLogoutAge)
	}
}

func TestAnAgentIsNeverAPractitioner(t *testing.T) {
	agent := Login{Door: registry.DoorAgents, NationalID: registry.AgentPrefix + "899700810379", Roles: []registry.Role{registry.RoleSupport, registry.RoleStatistics}}
	if by, ok := agent.Actor(); ok {
		t.Errorf("acts without a role, as %+v", by)
	}
	agent.Role = registry.RoleSupport
	if by, ok := agent.Actor(); !ok || by.Role != registry.RoleSupport || by.Door != registry.DoorAgents || by.Practitioner.NationalID == "899700810379" {
		t.Errorf("%+v %v", by, ok)
	}
	// A form kept for a practitioner does not come to an agent whose provider calls them by the same number.
	m := newTestManager(t, newMemory(), Options{})
	if err := m.KeepForm(t.Context(), "899700810379", KeptForm{Path: "/x"}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := m.KeptForm(t.Context(), agent.NationalID); ok || err != nil {
		t.Error("the practitioner's form is the agent's", err)
	}
}
