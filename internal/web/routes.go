package web

import (
	"net/http"

	"vaccin/internal/registry"
	"vaccin/internal/web/assets"
)

// Audience is to whom a page is open.
type Audience int

// The audiences.
const (
	Anyone       Audience = iota // also without a session
	SignedIn                     // whoever signed in, a place of practice chosen or not
	Practitioner                 // a practitioner whom policy lets in today, at a chosen place
)

// Route is an address of the service and to whom it is open.
type Route struct {
	Pattern  string // of http.ServeMux
	Audience Audience
}

// Routes lists every address of the service, for the tests that each of them goes through.
func Routes() []Route { return new(Server).table().routes }

// table registers addresses and remembers them.
type table struct {
	mux    *http.ServeMux
	routes []Route
}

func (t *table) handle(pattern string, audience Audience, h http.Handler) {
	t.mux.Handle(pattern, h)
	t.routes = append(t.routes, Route{pattern, audience})
}

// Handler answers every address of the service.
func (s *Server) Handler() http.Handler {
	t := s.table()
	t.mux.Handle("/", s.session(unknownPage(t.mux)))
	return s.protect(t.mux)
}

func (s *Server) table() *table {
	mux := &table{mux: http.NewServeMux()}

	// Anyone.
	mux.handle("GET /{$}", Anyone, s.homePage())
	mux.handle("GET /assets/", Anyone, assets.Handler())
	mux.handle("GET /healthz", Anyone, http.HandlerFunc(s.healthz))
	s.public(mux, "GET /connexion/psc", s.beginPSC)
	s.public(mux, "GET /connexion/psc/retour", s.finishPSC)
	s.public(mux, "GET /deconnecte", s.signedOut)
	s.public(mux, "GET /assistance", s.assistance)
	s.public(mux, "GET /annexe", s.annex)
	s.public(mux, "GET /mentions-legales", s.legal)
	s.public(mux, "GET /donnees-personnelles", s.privacy)
	s.public(mux, "GET /accessibilite", s.accessibility)
	s.public(mux, "POST /deconnexion", s.signOut)

	// Someone signed in, before a place of practice is chosen.
	mux.handle("GET /lieu", SignedIn, s.session(s.choosePlace))
	mux.handle("POST /lieu", SignedIn, s.session(s.placeChosen))

	// A practitioner at a place of practice.
	s.practitioner(mux, "GET /recherche", s.search)
	s.practitioner(mux, "POST /recherche", s.runSearch)
	s.practitioner(mux, "GET /recherche/assures", s.attached)
	s.practitioner(mux, "GET /patients/nouveau", s.newPatient)
	s.practitioner(mux, "POST /patients/nouveau", s.registerPatient)
	s.practitioner(mux, "GET /dossiers/{id}", s.record)
	for _, step := range steps {
		at := "/dossiers/{id}/" + slugs[step]
		s.practitioner(mux, "GET "+at, s.step(step))
		s.practitioner(mux, "GET "+at+"/modifier", s.rectifyForm(step))
		s.practitioner(mux, "GET "+at+"/annuler", s.annulForm(step))
		s.practitioner(mux, "POST "+at+"/annuler", s.annul(step))
		s.practitioner(mux, "GET "+at+"/versions", s.versions(step))
		s.practitioner(mux, "GET "+at+"/synthese.pdf", s.pdf(step))
		s.practitioner(mux, "GET "+at+"/synthese.csv", s.csv(step))
	}
	s.practitioner(mux, "POST /dossiers/{id}/eligibilite", s.declareEligibility)
	s.practitioner(mux, "POST /dossiers/{id}/eligibilite/modifier", s.rectifyEligibility)
	for _, step := range []registry.Step{registry.StepFirstDose, registry.StepSecondDose} {
		at := "/dossiers/{id}/" + slugs[step]
		s.practitioner(mux, "POST "+at, s.recordDose(step))
		s.practitioner(mux, "POST "+at+"/modifier", s.rectifyDose(step))
	}
	s.practitioner(mux, "GET /suggestions/localites", s.suggestLocalities)
	s.practitioner(mux, "GET /suggestions/lieux", s.suggestPlaces)
	s.practitioner(mux, "GET /suggestions/lots", s.suggestLots)

	return mux
}

// steps are the steps of the cycle, in their order.
var steps = []registry.Step{registry.StepEligibility, registry.StepFirstDose, registry.StepSecondDose}

// slugs are the steps in addresses.
var slugs = map[registry.Step]string{
	registry.StepEligibility: "eligibilite",
	registry.StepFirstDose:   "vaccination-1",
	registry.StepSecondDose:  "vaccination-2",
}

func stepAddress(id registry.RecordID, step registry.Step) string {
	return "/dossiers/" + string(id) + "/" + slugs[step]
}
