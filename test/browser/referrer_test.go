package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWhyTheReferrerPolicyIsSameOrigin measures what each policy makes the browser send: with no-referrer, our
// own forms would come with an opaque origin, which says nothing to protect by where Sec-Fetch-Site is not
// sent; with same-origin no other site learns our addresses, and our forms say where they come from.
func TestWhyTheReferrerPolicyIsSameOrigin(t *testing.T) {
	for policy, want := range map[string]struct {
		origin   string // of our own form; "" stands for ours
		oldTaken bool   // from a browser without Sec-Fetch-Site
	}{"no-referrer": {"null", false}, "same-origin": {"", true}} {
		t.Run(policy, func(t *testing.T) {
			posted, followed := make(chan *http.Request, 1), make(chan *http.Request, 1)
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					followed <- r
				}
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, "<!doctype html><title>autre site</title><p>autre site")
			}))
			t.Cleanup(other.Close)
			elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/elsewhere"
			ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					posted <- r
				}
				w.Header().Set("Referrer-Policy", policy)
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, `<!doctype html><title>page</title><form method="post" action="/form"><button id="send">Envoyer</button></form>
					<a id="away" href="%s">Ailleurs</a>`, elsewhere)
			}))
			t.Cleanup(ours.Close)
			w := newTab(t)
			w.open(ours.URL + "/dossiers/0123")
			w.leave(func() { w.click("#send") })
			form := <-posted
			if want.origin == "" {
				want.origin = ours.URL
			}
			if form.Header.Get("Origin") != want.origin || form.Header.Get("Sec-Fetch-Site") != "same-origin" {
				t.Errorf("our form comes with Origin %q, Sec-Fetch-Site %q", form.Header.Get("Origin"), form.Header.Get("Sec-Fetch-Site"))
			}
			check := http.NewCrossOriginProtection()
			if err := check.Check(form); err != nil {
				t.Errorf("it is refused from a new browser: %v", err)
			}
			form.Header.Del("Sec-Fetch-Site")
			if err := check.Check(form); (err == nil) != want.oldTaken {
				t.Errorf("from a browser without Sec-Fetch-Site: %v", err)
			}
			w.leave(func() { w.click("#away") })
			if r := <-followed; r.Header.Get("Referer") != "" {
				t.Errorf("another site learns %q", r.Header.Get("Referer"))
			}
			w.complained() // these pages are not ours
		})
	}
}
