// Package local is how the reader program answers the page of the service, over HTTP on 127.0.0.1. It
// answers that page and no other, once paired with it; it keeps nothing of a card and writes nothing down.
// The contract is docs/vitale.md.
package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vaccin/internal/vitale"
)

// Protocol is the version of the contract with the page. It rises when a page could not do any more with
// what an older program answers.
const Protocol = 1

// DefaultPort is where the program listens unless told otherwise, and where the page asks.
const DefaultPort = 24316

// Name is by which the page knows that it speaks to this program and not to another on the same port.
const Name = "vaccin-reader"

// Options say whom a program answers.
type Options struct {
	Host     string            // that requests must name, with its port: 127.0.0.1:24316
	Origins  []string          // of the service's pages
	Show     func(code string) // shows the person the code that pairs a page; called for each new code
	Source   vitale.Source
	Patience time.Duration // how long a card may take; 15 seconds when zero
}

// New returns what answers pages. Anything that is not a page of the service is refused before it is read.
func New(o Options) (http.Handler, error) {
	var err error
	if o.Origins, err = Origins(o.Origins); err != nil {
		return nil, err
	}
	if o.Patience == 0 {
		o.Patience = 15 * time.Second
	}
	p := &program{Options: o, pairing: newPairing(o.Show), reading: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", p.status)
	mux.HandleFunc("POST /pair", p.pair)
	mux.HandleFunc("POST /read", p.read)
	return p.guard(mux), nil
}

// Origins writes the addresses of the service as browsers send them: without the port that goes without
// saying. There must be one. It refuses what no browser sends as an origin, and pages that travel in clear
// but for those of this computer. Its errors are for the person who starts the program.
func Origins(given []string) ([]string, error) {
	if len(given) == 0 {
		return nil, errors.New("aucune adresse n’est donnée")
	}
	origins := make([]string, len(given))
	for i, address := range given {
		var err error
		if origins[i], err = originOf(address); err != nil {
			return nil, err
		}
	}
	return origins, nil
}

// defaultPorts are those that browsers leave out.
var defaultPorts = map[string]uint64{"https": 443, "http": 80}

func originOf(address string) (string, error) {
	u, err := url.Parse(address)
	ascii := !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) // browsers send xn--
	if err != nil || u.Hostname() == "" || u.Scheme+"://"+u.Host != address || address != strings.ToLower(address) || !ascii {
		return "", fmt.Errorf("«\u00a0%s\u00a0» n’est pas de la forme https://hôte", address)
	}
	host := u.Hostname()
	if u.Scheme != "https" && (u.Scheme != "http" || host != "localhost" && host != "127.0.0.1") {
		return "", fmt.Errorf("«\u00a0%s\u00a0» doit être en https", address)
	}
	origin := u.Scheme + "://" + strings.TrimSuffix(u.Host, ":"+u.Port())
	if strings.HasSuffix(u.Host, ":") || u.Port() == "" {
		return origin, nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case err != nil:
		return "", fmt.Errorf("«\u00a0%s\u00a0»\u00a0: le port n’existe pas", address)
	case port == defaultPorts[u.Scheme]:
		return origin, nil
	}
	return origin + ":" + strconv.FormatUint(port, 10), nil
}

type program struct {
	Options
	pairing *pairing
	reading chan struct{} // holds one while a card is read
}

// guard lets through what comes from a page of the service to this very address, and answers the questions
// that browsers ask before: those of CORS, and those of access to the local network.
func (p *program) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Vary", "Origin")
		if r.Host != p.Host {
			// A name that a hostile site makes point here: the browser believes that site to be us.
			http.Error(w, "misdirected", http.StatusMisdirectedRequest)
			return
		}
		origins := r.Header.Values("Origin")
		if len(origins) != 1 || !slices.Contains(p.Origins, origins[0]) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		h.Set("Access-Control-Allow-Origin", origins[0])
		if r.Method == http.MethodOptions {
			preflight(h, r)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
		next.ServeHTTP(w, r)
	})
}

func preflight(h http.Header, r *http.Request) {
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	// Both names that browsers have asked by, before they asked the person instead.
	for _, network := range []string{"Private", "Local"} {
		if r.Header.Get("Access-Control-Request-"+network+"-Network") == "true" {
			h.Set("Access-Control-Allow-"+network+"-Network", "true")
		}
	}
}

// The refusals that are not about a card.
const (
	problemRequest = "bad-request"
	problemPaired  = "not-paired" // no token, or one of an earlier run: pair again
	problemCode    = "wrong-code"
	problemClosed  = "pairing-closed"
)

type refusal struct {
	Error   string `json:"error"`
	Message string `json:"message"` // French, for the person
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the page has left
}

func (p *program) status(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, struct {
		Program  string `json:"program"`
		Protocol int    `json:"protocol"`
		Paired   bool   `json:"paired"`
	}{Name, Protocol, p.pairing.paired(bearer(r))})
}

func (p *program) pair(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Code string `json:"code"`
	}
	// A form of another site cannot send this type without asking first.
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || json.NewDecoder(r.Body).Decode(&asked) != nil {
		answer(w, http.StatusBadRequest, refusal{problemRequest, "La demande d’appairage n’a pas été comprise. Rechargez la page."})
		return
	}
	token, ok, closed := p.pairing.pair(asked.Code)
	switch {
	case closed:
		answer(w, http.StatusTooManyRequests, refusal{problemClosed, "Trop de codes erronés : l’appairage est fermé. Fermez le programme de lecture, démarrez-le de nouveau, puis saisissez le nouveau code qu’il affiche."})
	case !ok:
		answer(w, http.StatusForbidden, refusal{problemCode, "Ce code n’est pas celui qu’affiche le programme de lecture. Vérifiez-le et recommencez."})
	default:
		answer(w, http.StatusOK, struct {
			Token string `json:"token"`
		}{token})
	}
}

// person is a beneficiary as the page gets it.
type person struct {
	FamilyName string `json:"familyName"`
	GivenNames string `json:"givenNames"`
	BirthDate  string `json:"birthDate"`
	NIR        string `json:"nir"`
	NIRProblem string `json:"nirProblem,omitempty"`
}

func (p *program) read(w http.ResponseWriter, r *http.Request) {
	if !p.pairing.paired(bearer(r)) {
		answer(w, http.StatusUnauthorized, refusal{problemPaired, "Cette page n’est pas, ou plus, appairée avec le programme de lecture. Saisissez le code qu’il affiche."})
		return
	}
	found, err := p.readOnce()
	if err != nil {
		problem := vitale.Unreadable
		errors.As(err, &problem)
		answer(w, http.StatusConflict, refusal{problem.Error(), problem.Message()})
		return
	}
	people := make([]person, len(found))
	for i, b := range found {
		people[i] = person(b)
	}
	answer(w, http.StatusOK, struct {
		Beneficiaries []person `json:"beneficiaries"`
	}{people})
}

// readOnce reads the card, one reading at a time: a second one asked for meanwhile is told so, also when
// the first was given up and the reader still holds it.
func (p *program) readOnce() ([]vitale.Beneficiary, error) {
	select {
	case p.reading <- struct{}{}:
	default:
		return nil, vitale.Busy
	}
	type result struct {
		found []vitale.Beneficiary
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		found, err := p.Source.Read()
		<-p.reading // before the answer, so that whoever has it may read again
		ended <- result{found, err}
	}()
	late := time.NewTimer(p.Patience)
	defer late.Stop()
	select {
	case r := <-ended:
		return r.found, r.err
	case <-late.C:
		return nil, vitale.TooSlow
	}
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
