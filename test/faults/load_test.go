package faults_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/ui"
)

// acts are what was acknowledged of one record.
type acts struct{ registered, eligible, dose bool }

// load is doctors at work, and what they were told.
type load struct {
	house     *house
	address   string
	mayVanish bool // the service itself is killed: a connection may just end

	stop    atomic.Bool
	workers sync.WaitGroup

	mu           sync.Mutex
	acknowledged map[registry.RecordID]acts
	answers      map[string]int
	problems     []string
	longest      time.Duration
}

var errStopped = errors.New("given up")

// work has doctors begin to work.
func (h *house) work(address string, mayVanish bool) *load {
	l := &load{
		house: h, address: address, mayVanish: mayVanish,
		acknowledged: map[registry.RecordID]acts{}, answers: map[string]int{},
	}
	for range *doctors {
		l.workers.Go(l.doctor)
	}
	return l
}

// end lets each doctor finish their patient, compares what they were told with the store, and verifies the log.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop.Store(true)
	l.workers.Wait()
	t.Logf("%d patients; answers %v, the longest after %s", len(l.acknowledged), l.answers, l.longest.Round(time.Millisecond))
	for i, p := range l.problems {
		if i == 10 {
			break
		}
		t.Error(p)
	}
	if len(l.acknowledged) == 0 {
		t.Error("nothing was acknowledged at all")
	}
	l.house.compare(t, l.acknowledged)
	l.house.verifyLog(t)
}

func (l *load) problem(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *load) count(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[what]++
}

func (l *load) told(record registry.RecordID, what func(*acts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.acknowledged[record]
	what(&a)
	l.acknowledged[record] = a
}

// doctor works until told to stop: four patients of five have a code, one is entered by hand.
func (l *load) doctor() {
	client := &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	for !l.stop.Load() {
		session := l.house.sessions[mathrand.IntN(staff)]
		d := doctor{l, client, map[string]*http.Cookie{session.Name: session}}
		treat := d.targeted
		if mathrand.IntN(5) == 0 {
			treat = d.entered
		}
		record, err := treat()
		if err == nil {
			err = d.vaccinate(record)
		}
		if err != nil && !errors.Is(err, errStopped) {
			l.problem("%v", err)
			return
		}
	}
}

// doctor is one of those who work, at the record of one patient.
type doctor struct {
	*load
	client  *http.Client
	cookies map[string]*http.Cookie // as a browser keeps them
}

// targeted finds someone by their code.
func (d doctor) targeted() (registry.RecordID, error) {
	i := int(d.house.next.Add(1)) - 1
	if i >= persons() {
		return "", errors.New("everybody is vaccinated: the house is too small")
	}
	at, err := d.post("/recherche", url.Values{"code": {codeOf(i).Format()}}, "/dossiers/")
	if id := registry.RecordID(strings.TrimPrefix(at, "/dossiers/")); err == nil && id != recordOf(i) {
		return "", fmt.Errorf("the code of %s led to %s", recordOf(i), id)
	}
	return recordOf(i), err
}

// entered searches someone by their NIR, in vain, and enters them by hand.
func (d doctor) entered() (registry.RecordID, error) {
	digits := strings.Join(strings.Fields(strings.ReplaceAll(registrytest.NIR(100_000_000+int(d.house.manual.Add(1))).Format(), "\u00a0", " ")), "")
	list, err := d.post("/recherche", url.Values{"nir": {digits}}, "/recherche/assures?recherche=")
	if err != nil {
		return "", err
	}
	if err := d.get(list); err != nil {
		return "", err
	}
	_, search, _ := strings.Cut(list, "=")
	r := registrytest.RegistrationRequest()
	at, err := d.post("/patients/nouveau", url.Values{
		"nir": {digits}, "recherche": {search}, registry.FieldBirthName: {r.BirthName}, registry.FieldUsedName: {r.UsedName},
		registry.FieldGivenNames: {r.GivenNames}, registry.FieldSex: {r.Sex}, registry.FieldBirthDate: {r.BirthDate},
		registry.FieldBirthRank: {r.BirthRank}, registry.FieldAddress: {r.Address}, registry.FieldLocality: {d.house.locality},
		registry.FieldPhone: {r.Phone}, registry.FieldEmail: {r.Email},
	}, "/dossiers/")
	if err != nil {
		return "", err
	}
	id := registry.RecordID(strings.TrimPrefix(at, "/dossiers/"))
	d.told(id, func(a *acts) { a.registered = true })
	return id, nil
}

// vaccinate declares someone eligible and records their first dose.
func (d doctor) vaccinate(id registry.RecordID) error {
	e, at := registrytest.EligibilityRequest(), "/dossiers/"+string(id)
	_, err := d.post(at+"/eligibilite", url.Values{
		"request": {rand.Text()}, registry.FieldPrescribes: {e.Prescribes}, registry.FieldPrescribedOn: {e.PrescribedOn},
		registry.FieldHealthProfessional: {e.HealthProfessional}, registry.FieldPatientAgrees: {"on"}, registry.FieldConditions: {"on"},
	}, at+"/eligibilite")
	if err != nil {
		return err
	}
	d.told(id, func(a *acts) { a.eligible = true })
	v := registrytest.DoseRequest()
	_, err = d.post(at+"/vaccination-1", url.Values{
		"request": {rand.Text()}, registry.FieldVaccine: {v.Vaccine}, registry.FieldLot: {v.Lot}, registry.FieldSite: {v.Site},
		registry.FieldOccurrence: {v.Occurrence}, registry.FieldPerformerSelf: {v.PerformerSelf},
		registry.FieldPlaceType: {v.PlaceType}, registry.FieldPlace: {v.Place},
	}, at+"/vaccination-1")
	if err != nil {
		return err
	}
	d.told(id, func(a *acts) { a.dose = true })
	return nil
}

// mostWait is how long a doctor sends the same form again before they give up: no fault here lasts as long.
const mostWait = 2 * time.Minute

// post sends a form, and again while it is answered by an error page, until it is answered by a redirect to where
// an address of that beginning is.
func (d doctor) post(path string, form url.Values, leadsTo string) (location string, err error) {
	a, err := d.until(http.MethodPost, path, form, http.StatusSeeOther)
	if err == nil && !strings.HasPrefix(a.location, leadsTo) {
		err = fmt.Errorf("%s led to %q", pattern(path), a.location)
	}
	return a.location, err
}

func (d doctor) get(path string) error {
	_, err := d.until(http.MethodGet, path, nil, http.StatusOK)
	return err
}

func (d doctor) until(method, path string, form url.Values, status int) (answer, error) {
	for began := time.Now(); time.Since(began) < mostWait; time.Sleep(time.Duration(100+mathrand.IntN(400)) * time.Millisecond) {
		a, err := d.send(method, path, form)
		switch {
		case err != nil && d.mayVanish:
			d.count("none")
			continue
		case err != nil:
			return a, fmt.Errorf("%s: no answer at all after %s: %w", pattern(path), a.took, err)
		}
		d.count(fmt.Sprint(a.status))
		if a.status == status {
			return a, nil
		}
		if form != nil && a.status == http.StatusUnprocessableEntity && confirm(form, a.body) {
			continue
		}
		if err := a.mustBeErrorPage(path, form); err != nil {
			return a, fmt.Errorf("%s %s after %s: %w", method, pattern(path), a.took, err)
		}
	}
	return answer{}, fmt.Errorf("%s: still not done after %s", pattern(path), mostWait)
}

var question = regexp.MustCompile(`name="` + ui.Confirmed + `"[^>]* value="([^"]*)"`)

// confirm answers the questions of a page with yes, and tells whether there was one that was not answered yet: a dose of
// the campaign that is recorded today is unusual.
func confirm(form url.Values, page string) bool {
	asked := false
	for _, q := range question.FindAllStringSubmatch(page, -1) {
		if code := html.UnescapeString(q[1]); !slices.Contains(form[ui.Confirmed], code) {
			form.Add(ui.Confirmed, code)
			asked = true
		}
	}
	return asked
}

// answer is what the service answered.
type answer struct {
	status         int
	location, body string
	header         http.Header
	took           time.Duration
}

func (d doctor) send(method, path string, form url.Values) (a answer, err error) {
	began := time.Now()
	r, err := http.NewRequest(method, "http://"+d.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return a, err
	}
	for _, c := range d.cookies {
		r.AddCookie(c)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := d.client.Do(r)
	a.took = time.Since(began)
	if err != nil {
		return a, err
	}
	defer got.Body.Close()
	for _, c := range got.Cookies() {
		if d.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(d.cookies, c.Name)
		}
	}
	body, err := io.ReadAll(got.Body)
	a.took = time.Since(began)
	d.mu.Lock()
	d.longest = max(d.longest, a.took)
	d.mu.Unlock()
	a.status, a.location, a.body, a.header = got.StatusCode, got.Header.Get("Location"), string(body), got.Header
	return a, err
}

// mustBeErrorPage is an error unless the answer says, in French, that the service is away for a moment, with what was typed
// ready to be sent again. No other answer is right for what these doctors send: not a login page, not an error of
// theirs, not something half-written.
func (a answer) mustBeErrorPage(path string, form url.Values) error {
	text := a.body
	_, main, _ := strings.Cut(text, "<main")
	_, title, _ := strings.Cut(main, "<h1")
	title, _, _ = strings.Cut(title, "</h1>")
	wrong := func(why string) error {
		return fmt.Errorf("%s: answered %d, leading to %q: %.900q", why, a.status, a.location, main)
	}
	switch {
	case a.status != http.StatusServiceUnavailable:
		return wrong("neither done nor away")
	case a.header.Get("Retry-After") == "":
		return wrong("it is not said when to come back")
	case !strings.HasPrefix(a.header.Get("Content-Type"), "text/html"):
		return wrong("no page")
	case !strings.Contains(title, "Service momentanément indisponible") || !strings.HasSuffix(strings.TrimSpace(text), "</html>"):
		return wrong("not the page that says so")
	}
	if form == nil {
		return nil
	}
	if !strings.Contains(text, `action="`+html.EscapeString(path)+`"`) || !strings.Contains(text, "Envoyer de nouveau") {
		return wrong("the form is lost")
	}
	for name, values := range form {
		kept := func(v string) bool {
			return strings.Contains(text, `name="`+name+`" value="`+templEscaped(v)+`"`)
		}
		if !slices.ContainsFunc(values, kept) {
			return wrong("what was typed is lost: " + name)
		}
	}
	return nil
}

// templEscaped is a text as pages write it in an attribute.
func templEscaped(s string) string { return html.EscapeString(s) }

// pattern is an address without what names a patient.
func pattern(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > 2 && parts[1] == "dossiers" {
		parts[2] = "{id}"
	}
	out, _, _ := strings.Cut(strings.Join(parts, "/"), "?")
	return out
}
