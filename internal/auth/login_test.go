package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/psc"
	"vaccin/internal/registry"
)

func identity(exercises ...psc.Exercise) psc.Identity {
	return psc.Identity{
		NationalID: "899700810379", FamilyName: "MARCHAND", GivenName: "Hélène", HasRefPro: true, Exercises: exercises,
	}
}

// vouched is a completed sign-in of an identity.
func vouched(who psc.Identity) psc.Login {
	return psc.Login{Login: oidc.Login{IDToken: "token", Issuer: "https://psc.exemple", Subject: "sub", SessionID: "sid"}, Identity: who}
}

func exercise(profession string, places ...psc.Activity) psc.Exercise {
	return psc.Exercise{
		ProfessionCode: profession, CivilityCode: "DR", FamilyName: "MARCHAND", GivenName: "Hélène", Activities: places,
	}
}

func activity(id string) psc.Activity {
	return psc.Activity{
		StructureTechnicalID: id, Name: "Cabinet " + id, AddressLines: []string{"8 rue des Tilleuls"}, PostalCode: "69003",
		PostOffice: "69003 LYON", PreviousStructureID: "4" + id,
	}
}

func doctorsOnly(profession string) bool { return profession == registry.ProfessionDoctor }

func TestWhoIsLetIn(t *testing.T) {
	noRefPro := identity()
	noRefPro.HasRefPro = false
	tests := []struct {
		name     string
		identity psc.Identity
		refusal  error
		places   int
		chosen   int
	}{
		{"one place", identity(exercise("10", activity("A"))), nil, 1, 0},
		{"two places: to be chosen", identity(exercise("10", activity("A"), activity("B"))), nil, 2, -1},
		{"the same place twice", identity(exercise("10", activity("A"), activity("A")), exercise("10", activity("A"))), nil, 1, 0},
		{"only the places of the authorised profession", identity(exercise("10", activity("A")), exercise("21", activity("B"))), nil, 1, 0},
		{"a nurse", identity(exercise("60", activity("A"))), ErrNoProfession, 0, 0},
		{"no exercise", identity(), ErrNoProfession, 0, 0},
		{"a doctor without a place", identity(exercise("10")), ErrNoPlace, 0, 0},
		{"a doctor whose only place is a nurse's", identity(exercise("10"), exercise("60", activity("A"))), ErrNoPlace, 0, 0},
		{"no professional situation", noRefPro, ErrNoDirectory, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := LoginFromPSC(vouched(tt.identity), doctorsOnly, nil, time.Now())
			if !errors.Is(err, tt.refusal) {
				t.Fatalf("%v, not %v", err, tt.refusal)
			}
			if err == nil && (len(l.Practices) != tt.places || l.Chosen != tt.chosen) {
				t.Errorf("%d places, chosen %d", len(l.Practices), l.Chosen)
			}
		})
	}
}

func TestTheImportedListGivesTheAMNumber(t *testing.T) {
	bare := activity("A")
	bare.PostalCode, bare.PostOffice = "", ""
	tests := []struct {
		name     string
		place    psc.Activity
		imported registry.PracticePlace
		am, code string
	}{
		{"by the place's identifier", activity("A"), registry.PracticePlace{ID: "A", AMNumber: "691234566"}, "691234566", "69003"},
		{"by the former identifier", activity("A"), registry.PracticePlace{ID: "other", PreviousID: "4A", AMNumber: "691234566"}, "691234566", "69003"},
		{"another place", activity("A"), registry.PracticePlace{ID: "B", PreviousID: "4B", AMNumber: "691234566"}, "", "69003"},
		{"the town too where it is missing", bare, registry.PracticePlace{ID: "A", PostalCode: "69001", AMNumber: "1"}, "1", "69001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := LoginFromPSC(vouched(identity(exercise("10", tt.place))), doctorsOnly, []registry.PracticePlace{tt.imported}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			by, ok := l.Actor()
			if !ok || by.Place.AMNumber != tt.am || by.Place.PostalCode != tt.code {
				t.Errorf("%+v", by.Place)
			}
		})
	}
}

func TestNamesShown(t *testing.T) {
	l, err := LoginFromPSC(vouched(identity(exercise("10", activity("A"), activity("B")))), doctorsOnly, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	const want = "Dr. Hélène MARCHAND"
	if l.DisplayName() != want {
		t.Errorf("before the choice: %s", l.DisplayName())
	}
	l.Chosen = 1
	if l.DisplayName() != want {
		t.Errorf("after the choice: %s", l.DisplayName())
	}
}

// attempted returns the cookie of a sign-in begun.
func attempted(t *testing.T, m *Manager) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := m.SetAttempt(w, registry.DoorPSC, oidc.Attempt{}, "/recherche"); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

func take(m *Manager, c *http.Cookie) (Attempt, bool, *http.Cookie) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if c != nil {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	a, ok := m.TakeAttempt(w, r, registry.DoorPSC)
	return a, ok, w.Result().Cookies()[0]
}

func TestASignInUnderWayLivesInTheBrowserAlone(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{Secure: true})
	c := attempted(t, m)
	if c.Name != "__Host-vaccin_signin" || !c.Secure || !c.HttpOnly || c.MaxAge != 600 || store.count() != 0 {
		t.Errorf("%+v, %d writes", c, store.count())
	}
	a, ok, left := take(m, c)
	if !ok || a.Return != "/recherche" || left.MaxAge >= 0 {
		t.Errorf("%+v %v, cookie left %+v", a, ok, left)
	}
}

func TestASignInNotBegunHereIsNotTaken(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	good := attempted(t, m)
	with := func(value string) *http.Cookie { c := *good; c.Value = value; return &c }
	other := newTestManager(t, newMemory(), Options{})
	other.sealer = zeroSealer(t)
	for name, c := range map[string]*http.Cookie{
		"no cookie": nil, "empty": with(""), "not base64": with("%%%"), "cut": with(good.Value[:20]),
		"altered":         with("A" + good.Value[1:]),
		"of another key":  attempted(t, other),
		"another purpose": with(good.Value + "AAAA"),
	} {
		if _, ok, _ := take(m, c); ok && c.Value != good.Value {
			t.Errorf("%s: taken", name)
		}
	}
}

// zeroSealer seals with a key that no manager of these tests draws.
func zeroSealer(t *testing.T) *Sealer {
	t.Helper()
	s, err := NewSealer(make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealsOfOnePurposeDoNotOpenForAnother(t *testing.T) {
	s, err := NewSealer(make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.seal("a", "id", []byte("text"))
	for _, tt := range []struct{ purpose, id string }{{"b", "id"}, {"a", "other"}} {
		if _, err := s.open(tt.purpose, tt.id, sealed); err == nil {
			t.Errorf("opens for %v", tt)
		}
	}
	if data, err := s.open("a", "id", sealed); err != nil || string(data) != "text" {
		t.Error(data, err)
	}
	if first, again := s.blind("a", "id"), s.blind("a", "id"); first != again || first == s.blind("b", "id") {
		t.Error("blind identifiers")
	}
	if _, err := NewSealer(make([]byte, 16)); err == nil {
		t.Error("a short key is taken")
	}
}

func TestASignInBegunAtOneDoorIsNotTakenAtAnother(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(attempted(t, m))
	if _, ok := m.TakeAttempt(httptest.NewRecorder(), r, registry.DoorAgents); ok {
		t.Error("the agents' door takes a sign-in begun with Pro Santé Connect")
	}
}
