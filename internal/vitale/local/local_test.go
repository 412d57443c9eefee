package local_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vaccin/internal/vitale"
	"vaccin/internal/vitale/local"
)

const (
	host   = "127.0.0.1:24316"
	origin = "https://vaccin.example"
)

// desk is a program on a desk: what its window shows, and what is in its reader.
type desk struct {
	t       *testing.T
	handler http.Handler

	mu    sync.Mutex
	shown []string
	reads int
	read  func() ([]vitale.Beneficiary, error)
}

func (d *desk) Read() ([]vitale.Beneficiary, error) {
	d.mu.Lock()
	d.reads++
	d.mu.Unlock()
	return d.read()
}

var alice = vitale.Beneficiary{FamilyName: "DURAND", GivenNames: "ALICE", BirthDate: "19421901", NIR: "269054958815781", NIRProblem: "La clé…"}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, read: func() ([]vitale.Beneficiary, error) { return []vitale.Beneficiary{alice}, nil }}
	handler, err := local.New(local.Options{
		Host: host, Origins: []string{origin, "http://localhost:8080"}, Source: d, Patience: 200 * time.Millisecond,
		Show: func(code string) { d.shown = append(d.shown, code) },
	})
	if err != nil {
		t.Fatal(err)
	}
	d.handler = handler
	return d
}

func (d *desk) code() string { return d.shown[len(d.shown)-1] }

// ask sends a request of the service's page, changed as given.
func (d *desk) ask(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, "http://"+host+path, strings.NewReader(body))
	r.Header.Set("Origin", origin)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func field(t *testing.T, w *httptest.ResponseRecorder, name string) string {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	text, _ := got[name].(string)
	return text
}

func (d *desk) pair() (token string) {
	d.t.Helper()
	w := d.ask("POST", "/pair", fmt.Sprintf(`{"code":%q}`, d.code()))
	if token = field(d.t, w, "token"); w.Code != http.StatusOK || token == "" {
		d.t.Fatalf("pairing: %d %s", w.Code, w.Body)
	}
	return token
}

func bearer(token string) func(*http.Request) { return with("Authorization", "Bearer "+token) }

func TestAPairedPageReadsTheCard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := d.ask("GET", "/status", "")
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"program":"vaccin-reader","protocol":1,"paired":false}` {
		t.Errorf("status: %d %s", w.Code, w.Body)
	}
	if len(d.code()) != 7 || d.code()[3] != ' ' {
		t.Errorf("the code shown is %q", d.code())
	}
	token := d.pair()
	if w := d.ask("GET", "/status", "", bearer(token)); !strings.Contains(w.Body.String(), `"paired":true`) {
		t.Errorf("status once paired: %s", w.Body)
	}
	w = d.ask("POST", "/read", "", bearer(token))
	want := `{"beneficiaries":[{"familyName":"DURAND","givenNames":"ALICE","birthDate":"19421901","nir":"269054958815781","nirProblem":"La clé…"}]}`
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%d %s\nwant %s", w.Code, w.Body, want)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": origin, "Cache-Control": "no-store", "Vary": "Origin", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestWhoIsNotThePageIsToldNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.pair()
	code := d.code()
	for name, change := range map[string]func(*http.Request){
		"no origin":              func(r *http.Request) { r.Header.Del("Origin") },
		"an origin of null":      with("Origin", "null"),
		"another site":           with("Origin", "https://evil.example"),
		"a longer name":          with("Origin", origin+".evil.example"),
		"a shorter name":         with("Origin", "https://vaccin.exampl"),
		"the same name in clear": with("Origin", "http://vaccin.example"),
		"another port":           with("Origin", origin+":8443"),
		"in capitals":            with("Origin", "HTTPS://VACCIN.EXAMPLE"),
		"with a path":            with("Origin", origin+"/"),
		"two origins":            func(r *http.Request) { r.Header.Add("Origin", "https://evil.example") },
		"two origins in one":     with("Origin", origin+" https://evil.example"),
		"another name for us":    func(r *http.Request) { r.Host = "evil.example:24316" },
		"another name, no port":  func(r *http.Request) { r.Host = "evil.example" },
		"localhost":              func(r *http.Request) { r.Host = "localhost:24316" },
		"no port":                func(r *http.Request) { r.Host = "127.0.0.1" },
		"another address of us":  func(r *http.Request) { r.Host = "127.0.0.2:24316" },
		"no host":                func(r *http.Request) { r.Host = "" },
	} {
		for _, request := range []struct{ method, path, body string }{
			{"GET", "/status", ""}, {"POST", "/pair", fmt.Sprintf(`{"code":%q}`, code)}, {"POST", "/read", ""}, {"OPTIONS", "/read", ""},
		} {
			w := d.ask(request.method, request.path, request.body, bearer(token), with("Access-Control-Request-Private-Network", "true"), change)
			if w.Code != http.StatusForbidden && w.Code != http.StatusMisdirectedRequest {
				t.Errorf("%s: %s %s: %d", name, request.method, request.path, w.Code)
			}
			for header := range w.Header() {
				if strings.HasPrefix(header, "Access-Control") {
					t.Errorf("%s: %s %s: %s is sent", name, request.method, request.path, header)
				}
			}
			for _, told := range []string{"DURAND", "token", "reader"} {
				if strings.Contains(w.Body.String(), told) {
					t.Errorf("%s: %s %s: tells of %s", name, request.method, request.path, told)
				}
			}
		}
	}
	if d.reads != 0 || d.code() != code {
		t.Errorf("the card was read %d times; the code was used: %t", d.reads, d.code() != code)
	}
}

func TestBrowsersAreAnsweredBeforeTheyAsk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := d.ask("OPTIONS", "/read", "", with("Access-Control-Request-Method", "POST"), with("Access-Control-Request-Headers", "authorization"),
		with("Access-Control-Request-Private-Network", "true"), with("Access-Control-Request-Local-Network", "true"))
	if w.Code != http.StatusNoContent {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Authorization, Content-Type",
		"Access-Control-Allow-Private-Network": "true", "Access-Control-Allow-Local-Network": "true", "Access-Control-Allow-Credentials": "", "Vary": "Origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	w = d.ask("OPTIONS", "/read", "", with("Access-Control-Request-Method", "POST"))
	if w.Header().Get("Access-Control-Allow-Private-Network") != "" {
		t.Error("access to the private network is allowed without being asked")
	}
}

func TestPairing(t *testing.T) {
	t.Parallel()
	t.Run("a code serves once", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		used := d.code()
		d.pair()
		if d.code() == used {
			t.Fatal("the code shown is the one used")
		}
		if w := d.ask("POST", "/pair", fmt.Sprintf(`{"code":%q}`, used)); w.Code != http.StatusForbidden || field(t, w, "error") != "wrong-code" {
			t.Errorf("used again: %d %s", w.Code, w.Body)
		}
	})
	t.Run("spaces do not matter", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		typed := " " + strings.ReplaceAll(d.code(), " ", "") + " "
		if w := d.ask("POST", "/pair", fmt.Sprintf(`{"code":%q}`, typed)); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("five wrong codes close it", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		early := d.pair()
		for try := 1; try <= 5; try++ {
			w := d.ask("POST", "/pair", `{"code":"x"}`)
			want := "wrong-code"
			if try == 5 {
				want = "pairing-closed"
			}
			if got := field(t, w, "error"); got != want {
				t.Errorf("try %d: %s", try, got)
			}
		}
		if w := d.ask("POST", "/pair", fmt.Sprintf(`{"code":%q}`, d.code())); w.Code != http.StatusTooManyRequests || field(t, w, "token") != "" {
			t.Errorf("the right code afterwards: %d %s", w.Code, w.Body)
		}
		if w := d.ask("POST", "/read", "", bearer(early)); w.Code != http.StatusOK {
			t.Errorf("a page paired before: %d", w.Code)
		}
	})
	t.Run("a right code forgives", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		for range 3 {
			for range 4 {
				d.ask("POST", "/pair", `{"code":"x"}`)
			}
			d.pair()
		}
	})
	t.Run("requests that are none", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		body := fmt.Sprintf(`{"code":%q}`, d.code())
		for name, w := range map[string]*httptest.ResponseRecorder{
			"a form's type": d.ask("POST", "/pair", body, with("Content-Type", "text/plain")),
			"no type":       d.ask("POST", "/pair", body, func(r *http.Request) { r.Header.Del("Content-Type") }),
			"not JSON":      d.ask("POST", "/pair", "code=1"),
			"too large":     d.ask("POST", "/pair", `{"x":"`+strings.Repeat("x", 2000)+`","code":"1"}`),
		} {
			if w.Code != http.StatusBadRequest || field(t, w, "error") != "bad-request" {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
	})
}

func TestOnlyATokenOfThisRunReads(t *testing.T) {
	t.Parallel()
	d, before := newDesk(t), newDesk(t)
	stale := before.pair()
	token := d.pair()
	for name, change := range map[string]func(*http.Request){
		"none":           func(*http.Request) {},
		"empty":          bearer(""),
		"an earlier run": bearer(stale),
		"cut":            bearer(token[:len(token)-1]),
		"another scheme": with("Authorization", "Basic "+token),
	} {
		if w := d.ask("POST", "/read", "", change); w.Code != http.StatusUnauthorized || field(t, w, "error") != "not-paired" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if d.reads != 0 {
		t.Errorf("the card was read %d times", d.reads)
	}
	for range 8 {
		d.pair()
	}
	if w := d.ask("POST", "/read", "", bearer(token)); w.Code != http.StatusUnauthorized {
		t.Errorf("after eight other pages: %d", w.Code)
	}
}

func TestProblemsOfTheCardAreSaid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.pair()
	for _, problem := range []vitale.Problem{vitale.NoService, vitale.NoReader, vitale.NoCard, vitale.Malformed, vitale.Removed} {
		d.read = func() ([]vitale.Beneficiary, error) { return nil, fmt.Errorf("reading: %w", problem) }
		w := d.ask("POST", "/read", "", bearer(token))
		if w.Code != http.StatusConflict || field(t, w, "error") != problem.Error() || field(t, w, "message") != problem.Message() {
			t.Errorf("%s: %d %s", problem, w.Code, w.Body)
		}
	}
	d.read = func() ([]vitale.Beneficiary, error) { return nil, io.ErrUnexpectedEOF }
	if w := d.ask("POST", "/read", "", bearer(token)); field(t, w, "error") != "unreadable" {
		t.Errorf("an unknown failure: %d %s", w.Code, w.Body)
	}
}

func TestAReaderThatHangsHoldsNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.pair()
	free := make(chan struct{})
	d.read = func() ([]vitale.Beneficiary, error) { <-free; return []vitale.Beneficiary{alice}, nil }
	if w := d.ask("POST", "/read", "", bearer(token)); field(t, w, "error") != "too-slow" {
		t.Errorf("hanging: %d %s", w.Code, w.Body)
	}
	if w := d.ask("POST", "/read", "", bearer(token)); field(t, w, "error") != "busy" {
		t.Errorf("meanwhile: %d %s", w.Code, w.Body)
	}
	close(free)
	for limit := time.Now().Add(5 * time.Second); ; {
		w := d.ask("POST", "/read", "", bearer(token))
		if w.Code == http.StatusOK {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("once free: %d %s", w.Code, w.Body)
		}
	}
}

func TestOriginsThatAreNotAnswered(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://vaccin.example": "https://vaccin.example", "https://vaccin.example:8443": "https://vaccin.example:8443",
		"http://localhost:8080": "http://localhost:8080", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
		// Browsers leave out the port that goes without saying, and write numbers one way.
		"https://vaccin.example:443": "https://vaccin.example", "http://localhost:80": "http://localhost", "http://127.0.0.1:80": "http://127.0.0.1",
		"https://vaccin.example:": "https://vaccin.example", "https://vaccin.example:0443": "https://vaccin.example", "https://vaccin.example:08443": "https://vaccin.example:8443",
		"https://vaccin.example:80": "https://vaccin.example:80", "http://localhost:443": "http://localhost:443",
		"https://[2001:db8::443]:443": "https://[2001:db8::443]", "https://[2001:db8::443]": "https://[2001:db8::443]",
	} {
		if got, err := local.Origins([]string{given}); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q %v", given, got, err)
		}
	}
	for _, bad := range []string{"", "*", "null", "vaccin.example", "https://", "https://vaccin.example/", "https://vaccin.example/x", "HTTPS://vaccin.example", "https://Vaccin.example", "https://a@vaccin.example", "http://vaccin.example", "file:///x", "http://localhost.evil.example", "http://vaccin.example:443", "https://vaccin.example:65536", "https://vaccin.example:x", "https://:443", "https://santé.example", "https://vaccin.example?"} {
		if _, err := local.Origins([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, err := local.New(local.Options{Host: host, Show: func(string) {}}); err == nil {
		t.Error("a program without an origin starts")
	}
}

func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.pair()
	for _, asked := range []struct {
		method, path string
		status       int
	}{{"GET", "/", 404}, {"GET", "/read", 405}, {"GET", "/pair", 405}, {"POST", "/status", 405}, {"PUT", "/read", 405}} {
		if w := d.ask(asked.method, asked.path, "", bearer(token)); w.Code != asked.status {
			t.Errorf("%s %s: %d, want %d", asked.method, asked.path, w.Code, asked.status)
		}
	}
}
