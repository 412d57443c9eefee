package web

import (
	"net/http"

	"vaccin/internal/auth/agents"
	"vaccin/internal/registry"
	"vaccin/internal/web/assets"
)

// Audience is to whom a page is open.
type Audience int

// The audiences.
const (
	Anyone   Audience = iota // also without a session
	SignedIn                 // whoever signed in, a place of practice or a role chosen or not
	Provider                 // a provider's server, which shows a token that it signed
	Entitled                 // who may do today what the page is for
)

// Route is an address of the service and to whom it is open.
type Route struct {
	Pattern  string // of http.ServeMux
	Audience Audience
	May      func(registry.Case) error // of the policy, for those entitled; of those signed in, nil lets everyone
}

// Routes lists every address of the service, with every door, for the tests that each of them goes through.
func Routes() []Route { return (&Server{Agents: new(agents.Client)}).table().routes }

// table registers addresses and remembers them.
type table struct {
	mux    *http.ServeMux
	routes []Route
}

func (t *table) handle(route Route, h http.Handler) {
	t.mux.Handle(route.Pattern, h)
	t.routes = append(t.routes, route)
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
	mux.handle(Route{Pattern: "GET /{$}", Audience: Anyone}, s.homePage())
	mux.handle(Route{Pattern: "GET /assets/", Audience: Anyone}, assets.Handler())
	mux.handle(Route{Pattern: "GET /healthz", Audience: Anyone}, http.HandlerFunc(s.healthz))
	mux.handle(Route{Pattern: "GET /readyz", Audience: Anyone}, http.HandlerFunc(s.readyz))
	s.public(mux, "GET /connexion/psc", s.beginPSC)
	s.public(mux, "GET /connexion/psc/retour", s.finishPSC)
	mux.handle(Route{Pattern: "POST /connexion/psc/deconnexion", Audience: Provider}, s.signedOutBy(registry.DoorPSC))
	s.public(mux, "GET /connexion/cps", s.beginCPS)
	s.public(mux, "GET /connexion/cps/retour", s.finishCPS)
	s.public(mux, "GET /amelipro", s.portal)
	s.public(mux, "POST /amelipro", s.enterPortal)
	s.public(mux, "GET /deconnecte", s.signedOut)
	s.public(mux, "GET /assistance", s.assistance)
	s.public(mux, "GET /annexe", s.annex)
	s.public(mux, "GET /mentions-legales", s.legal)
	s.public(mux, "GET /donnees-personnelles", s.privacy)
	s.public(mux, "GET /accessibilite", s.accessibility)
	s.public(mux, "POST /deconnexion", s.signOut)

	// Someone signed in, before a place of practice is chosen.
	s.signedIn(mux, "GET /lieu", onlyPractitioners, s.choosePlace)
	s.signedIn(mux, "POST /lieu", onlyPractitioners, s.placeChosen)
	s.signedIn(mux, "GET "+sessionsPath, nil, s.sessions)
	s.signedIn(mux, "POST "+sessionsPath, nil, s.endSessions)

	s.agentsTable(mux)

	// Who may search: practitioners at a place of practice, and support. Each act asks the policy again.
	records := func(pattern string, h pageOf) { s.entitled(mux, pattern, registry.MaySearch, h) }
	records("GET /recherche", s.search)
	records("POST /recherche", s.runSearch)
	records("GET /recherche/assures", s.attached)
	s.entitled(mux, "GET /patients/nouveau", registry.MayRegister, s.newPatient)
	s.entitled(mux, "POST /patients/nouveau", registry.MayRegister, s.registerPatient)
	records("GET /dossiers/{id}", s.record)
	for _, step := range steps {
		at := "/dossiers/{id}/" + slugs[step]
		records("GET "+at, s.step(step))
		records("GET "+at+"/modifier", s.rectifyForm(step))
		records("GET "+at+"/annuler", s.annulForm(step))
		records("POST "+at+"/annuler", s.annul(step))
		records("GET "+at+"/versions", s.versions(step))
		records("GET "+at+"/synthese.pdf", s.pdf(step))
		records("GET "+at+"/synthese.csv", s.csv(step))
	}
	records("POST /dossiers/{id}/eligibilite", s.declareEligibility)
	records("POST /dossiers/{id}/eligibilite/modifier", s.rectifyEligibility)
	for _, step := range []registry.Step{registry.StepFirstDose, registry.StepSecondDose} {
		at := "/dossiers/{id}/" + slugs[step]
		records("POST "+at, s.recordDose(step))
		records("POST "+at+"/modifier", s.rectifyDose(step))
	}
	records("GET /suggestions/localites", s.suggestLocalities)
	records("GET /suggestions/lieux", s.suggestPlaces)
	records("GET /suggestions/lots", s.suggestLots)

	s.oversightTable(mux)

	// The data-protection officer.
	s.entitled(mux, "GET "+journalAddress, registry.MayReadLog, s.journal)
	s.entitled(mux, "POST "+journalAddress, registry.MayReadLog, s.searchJournal)
	s.entitled(mux, "GET "+journalAddress+"/export.csv", registry.MayReadLog, s.journalCSV)
	s.entitled(mux, "GET "+journalEntryAddress, registry.MayReadLog, s.journalEntry)
	s.entitled(mux, "POST "+journalEntryAddress, registry.MayReadLog, s.resolve)
	s.entitled(mux, "GET "+disclosureAddress, registry.MayDisclose, s.disclosure)
	s.entitled(mux, "POST "+disclosureAddress, registry.MayDisclose, s.findPerson)
	s.entitled(mux, "GET "+disclosureAddress+"/{person}", registry.MayDisclose, s.person)
	s.entitled(mux, "GET "+disclosureAddress+"/{person}/donnees.pdf", registry.MayDisclose, s.personPDF)
	s.entitled(mux, "GET "+disclosureAddress+"/{person}/donnees.json", registry.MayDisclose, s.personJSON)

	s.objectionsTable(mux)

	// Campaign managers. Whether this one may approve that run, the use case and its page ask.
	campaigns := func(pattern string, h pageOf) { s.entitled(mux, pattern, registry.MayPrepare, h) }
	campaigns("GET "+campaignsAddress, s.campaigns)
	campaigns("GET "+newCampaign, s.newCampaign)
	campaigns("POST "+newCampaign, s.writeNewCampaign)
	campaigns("GET "+changeCampaign, s.campaign)
	campaigns("POST "+changeCampaign, s.rewriteCampaign)
	campaigns("GET "+campaignsAddress+"/{campaign}/fichier", s.campaignFile)
	campaigns("GET "+campaignsAddress+"/{campaign}/cibler", s.prepareForm)
	campaigns("POST "+campaignsAddress+"/{campaign}/cibler", s.prepare)
	campaigns("GET "+runsAddress, s.runs)
	campaigns("GET "+followUpAddress, s.followUp)
	campaigns("GET "+runsAddress+"/{run}", s.run)
	campaigns("GET "+runsAddress+"/{run}/approuver", s.approveForm)
	campaigns("POST "+runsAddress+"/{run}/approuver", s.approve)
	campaigns("GET "+runsAddress+"/{run}/abandonner", s.dropForm)
	campaigns("POST "+runsAddress+"/{run}/abandonner", s.drop)
	s.lettersTable(mux)
	return mux
}

// oversightTable registers the pages on what was done in someone's own name, on who oversees it, and on records in doubt.
func (s *Server) oversightTable(t *table) {
	s.entitled(t, "GET "+ownActsAddress, registry.MayReviewOwn, s.ownActs)
	s.entitled(t, "GET "+notMineAddress, registry.MayReviewOwn, s.notMineForm)
	s.entitled(t, "POST "+notMineAddress, registry.MayReviewOwn, s.notMine)
	s.entitled(t, "GET "+reportsAddress, registry.MayOversee, s.reports)
	s.entitled(t, "GET "+reportsAddress+"/{report}", registry.MayOversee, s.report)
	s.entitled(t, "POST "+reportsAddress+"/{report}", registry.MayOversee, s.closeReport)

	s.entitled(t, "GET "+matchesAddress, registry.MayMatch, s.matches)
	s.entitled(t, "GET "+matchesAddress+"/{match}", registry.MayMatch, s.match)
	s.entitled(t, "POST "+matchesAddress+"/{match}", registry.MayMatch, s.decideMatch)
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
