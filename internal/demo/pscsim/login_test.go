package pscsim_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"vaccin/internal/demo/pscsim"
)

func TestTheLoginPageIsReadableAndOffersEveryAccount(t *testing.T) {
	f := serve(t)
	response, body := f.get(t, f.AuthURL+"?"+request(url.Values{"login_hint": {"nobody"}}).Encode())
	for _, want := range []string{`<html lang="fr">`, "Simulateur Pro Santé Connect (démonstration)", ">Refuser</button>", "<h1>", "<main>", "<title>Choisir un compte"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, "<script") || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the page has scripts or no policy")
	}
	buttons := regexp.MustCompile(`name="account" value="([^"]+)" aria-describedby="([^"]+)">`).FindAllStringSubmatch(body, -1)
	if len(buttons) != len(pscsim.Accounts()) {
		t.Fatalf("%d buttons for %d accounts", len(buttons), len(pscsim.Accounts()))
	}
	for _, button := range buttons {
		if !strings.Contains(body, `id="`+button[2]+`"`) {
			t.Errorf("the description of %s is nowhere", button[1])
		}
	}
	style, _ := f.get(t, f.base+"/wallet/style.css")
	if style.StatusCode != http.StatusOK || !strings.HasPrefix(style.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", style.StatusCode)
	}
}

func TestTheLoginFormRefusesWhatItDidNotOffer(t *testing.T) {
	f := serve(t)
	begin := func() (string, string) {
		response, _ := f.get(t, f.AuthURL+"?"+request(url.Values{"login_hint": {""}}).Encode())
		return response.Request.URL.String(), response.Request.URL.Query().Get("id")
	}
	page, id := begin()
	if response, body := f.post(t, page, url.Values{"id": {id}, "account": {"nobody"}}); response.StatusCode != 400 || !strings.Contains(body, "Choisissez l’un des comptes") {
		t.Errorf("unknown account: %d", response.StatusCode)
	}
	if response, _ := f.post(t, page, url.Values{"id": {"forged"}, "account": {"dr-un-lieu"}}); response.StatusCode != 400 {
		t.Errorf("forged request: %d", response.StatusCode)
	}
	if response, _ := f.post(t, page, url.Values{"id": {id}, "account": {"dr-un-lieu"}}); response.StatusCode != http.StatusFound {
		t.Errorf("good account: %d", response.StatusCode)
	}
	if response, body := f.post(t, page, url.Values{"id": {id}, "account": {"dr-ehpad"}}); response.StatusCode != 400 || !strings.Contains(body, "n’est plus valable") {
		t.Errorf("second answer to one request: %d", response.StatusCode)
	}
	callbackAgain := f.AuthURL + "/callback?id=" + id
	if response, _ := f.get(t, callbackAgain); response.Header.Get("Location") != "" && strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("the callback gives a second code")
	}
	page, id = begin()
	if response, _ := f.get(t, f.AuthURL+"/callback?id="+id); strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("the callback gives a code before anyone signed in")
	}
	response, _ := f.post(t, page, url.Values{"id": {id}, "action": {"refuse"}})
	if got := response.Header.Get("Location"); !strings.Contains(got, "error=access_denied") || !strings.Contains(got, "state=the-state") {
		t.Errorf("refusing goes to %s", got)
	}
	page, _ = begin()
	f.advance.Store(int64(11 * time.Minute))
	if response, _ := f.get(t, page); response.StatusCode != 400 {
		t.Errorf("an old login page: %d", response.StatusCode)
	}
}
