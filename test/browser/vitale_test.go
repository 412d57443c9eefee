package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/vitale/vitaletest"
)

const (
	readButton = "Lire la carte Vitale"
	saidAt     = `document.querySelector("[data-vitale-said]").textContent`
)

// hears waits until the part that reads cards says so.
func (w *tab) hears(text string) {
	w.t.Helper()
	w.wait(fmt.Sprintf(`%s.replace(/[\u00a0\u202f]/g, " ").includes(%q)`, saidAt, text))
}

// reads presses the button until the card's state has changed: the service takes a moment to notice.
func (w *tab) reads(until string, notYet ...string) {
	w.t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		w.click(byText("button", readButton))
		w.wait(`!document.querySelector("[data-vitale-read]").hasAttribute("aria-disabled")`)
		said := w.text("[data-vitale-said]")
		again := false
		for _, text := range notYet {
			again = again || strings.Contains(said, text)
		}
		if !again || time.Now().After(limit) {
			w.hears(until)
			return
		}
	}
}

// codeRefused waits until the page says beside its field that the code is wrong.
func (w *tab) codeRefused() {
	w.t.Helper()
	w.wait(`document.getElementById("vitale_code-error")?.textContent.includes("Ce code n’est pas celui") && document.activeElement.id === "vitale_code"`)
}

const noCard = "Aucune carte dans le lecteur"

// paired is a tab at the search, paired with the program.
func (w *tab) paired(p *program) {
	w.t.Helper()
	w.open("/recherche")
	w.click(byText("button", readButton))
	w.hears("saisissez le code")
	w.fill("vitale_code", p.code())
	w.click(byText("button", "Appairer et lire la carte"))
	w.wait(`!document.querySelector("[data-vitale-read]").hasAttribute("aria-disabled") && document.querySelector("[data-vitale-pair]").hidden`)
}

// person is someone of the country as a card would have them.
func (s *running) onCard(t *testing.T, title string) vitalesim.Person {
	t.Helper()
	p := s.example(t, title).Patient
	return vitalesim.Person{FamilyName: strings.ToUpper(p.BirthName), GivenNames: strings.ToUpper(p.GivenNames), BirthDate: p.BirthDate.Digits(), NIR: p.Holder.Digits() + p.Holder.Key()}
}

func (w *tab) offered() []string {
	w.t.Helper()
	return eval[[]string](w, `[...document.querySelectorAll("[data-vitale-people] .govuk-radios__item")].map(e => e.innerText.replace(/[\u00a0\u202f]/g, " ").replace(/\s+/g, " ").trim())`)
}

func TestACardIsReadAndItsPatientFound(t *testing.T) {
	s := vitaletest.Start(t)
	p := startProgram(t, s, site.base)
	holder := site.onCard(t, "Famille avec des jumelles")
	child := vitalesim.Person{FamilyName: holder.FamilyName, GivenNames: "NOÉ", BirthDate: "20151019", NIR: holder.NIR}
	out := insert(t, s, vitalesim.Of(child, holder, child, child))
	w := newTab(t)
	w.signIn("dr-un-lieu")
	w.open("/recherche")

	// By keyboard alone: pair, read, choose, search.
	w.reach("the button", func(f focus) bool { return strings.Contains(f.Text, readButton) })
	w.press(kb.Enter)
	w.hears("saisissez le code")
	w.wait(`document.activeElement.id === "vitale_code"`)
	w.press("000")
	w.press(kb.Enter)
	w.codeRefused()
	w.wait(`document.activeElement.id === "vitale_code" && document.activeElement.getAttribute("aria-invalid") === "true"`)
	w.fill("vitale_code", "")
	w.press(strings.ReplaceAll(p.code(), " ", ""))
	w.press(kb.Enter)
	w.wait(`!document.querySelector("[data-vitale-read]").hasAttribute("aria-disabled")`)
	if said := w.text("[data-vitale-said]"); !strings.Contains(said, "bénéficiaires") {
		w.reads("Carte lue : 4 bénéficiaires", noCard)
	}
	offered := w.offered()
	if len(offered) != 4 || !strings.Contains(offered[0], "NOÉ") || !strings.Contains(offered[0], "Date de naissance : 19/10/2015") || !strings.Contains(offered[1], holder.FamilyName) {
		t.Fatalf("offered %q", offered)
	}
	w.wait(`document.activeElement.id === "vitale-person-1"`)
	w.press(kb.Enter) // nobody is chosen yet
	w.wait(`!document.querySelector("[data-vitale-choice-said]").hidden`)
	w.press(kb.ArrowDown)
	w.leave(func() { w.press(kb.Enter) })
	w.headed("Sélectionner le patient")
	w.says("Carte Vitale lue", holder.FamilyName, "Correspond à la carte Vitale")
	if first := w.text("tbody tr:first-child"); !strings.Contains(first, "Correspond à la carte Vitale") {
		t.Errorf("the first of the list is %q", first)
	}
	if address := eval[string](w, `location.href`); strings.Contains(address, holder.NIR[:13]) || strings.Contains(address, holder.BirthDate) {
		t.Errorf("the address tells of the card: %s", address)
	}

	// Read again without a code, also after the card has changed.
	out()
	unknown := strings.ReplaceAll(site.unknownNIR(t), "\u00a0", "")
	insert(t, s, vitalesim.Of(vitalesim.Person{FamilyName: "BEN ALI", GivenNames: "FATMA", BirthDate: "19421901", NIR: unknown}))
	w.open("/recherche")
	w.reads("Carte lue : 1 bénéficiaire", noCard, "4 bénéficiaires", "retirée")
	w.send("Rechercher ce patient")
	w.headed("Numéro de sécurité sociale inconnu")
	w.follow("via ce lien.")
	w.says("viennent de la carte Vitale")
	if name, born := w.value("birth_name"), w.value("birth_date"); name != "BEN ALI" || born != "01/19/1942" || w.value("given_names") != "FATMA" {
		t.Errorf("the manual entry begins with %q, born %q", name, born)
	}
	if shown := p.window(); strings.Contains(shown, "BEN ALI") || strings.Contains(shown, holder.NIR) {
		t.Errorf("the program shows what is on cards:\n%s", shown)
	}
	if said := w.complained(); len(said) > 0 {
		t.Errorf("the console says %q", said)
	}
}

// TestAPersonOfTheCardIsChosenOnADeviceWithoutANetwork: who chose nobody is told that, and not of the network; and a service on the same machine
// is sent the form once, as with a network.
func TestAPersonOfTheCardIsChosenOnADeviceWithoutANetwork(t *testing.T) {
	s := vitaletest.Start(t)
	p := startProgram(t, s, site.base)
	holder := site.onCard(t, "Famille avec des jumelles")
	insert(t, s, vitalesim.Of(vitalesim.Person{FamilyName: holder.FamilyName, GivenNames: "NOÉ", BirthDate: "20151019", NIR: holder.NIR}, holder))
	w := newTab(t)
	w.signIn("dr-un-lieu")
	w.open("/recherche")
	w.click(byText("button", readButton))
	w.hears("saisissez le code")
	w.fill("vitale_code", p.code())
	w.click(byText("button", "Appairer et lire la carte"))
	w.wait(`!document.querySelector("[data-vitale-read]").hasAttribute("aria-disabled")`)
	w.reads("2 bénéficiaires", noCard)
	w.network(false)
	w.click(byText("button", "Rechercher ce patient"))
	w.wait(`!document.querySelector("[data-vitale-choice-said]").hidden`)
	eval[bool](w, `(() => { fetch("/healthz").catch(() => {}).then(() => { window.tried = true }); return true })()`)
	w.wait(`window.tried`)
	if eval[bool](w, `document.getElementById("no-network") !== null`) {
		t.Error("who chose nobody is told of the network")
	}
	w.network(true)
	w.aloneWithTheService()
	w.complained() // of the network
	w.pick("beneficiary", "1")
	w.send("Rechercher ce patient")
	w.says("Correspond à la carte Vitale")
}

func TestEveryFailureOfTheCardIsSaidAndTheFormStays(t *testing.T) {
	s := vitaletest.Start(t)
	p := startProgram(t, s, site.base)
	person := site.onCard(t, "Ciblée, dossier vierge")
	w := newTab(t)
	w.signIn("dr-un-lieu")
	w.paired(p)
	w.hears(noCard)

	pulled := vitalesim.Of(person)
	pulled.PulledOut = 3
	insert(t, s, pulled)
	w.reads("retirée pendant la lecture", noCard)

	cut := vitalesim.Of(person)
	cut.Identities = cut.Identities[:len(cut.Identities)-2]
	out := insert(t, s, cut)
	w.reads("illisible ou incomplet", noCard, "retirée")
	out()

	out = insert(t, s, &vitalesim.Card{Foreign: true})
	w.reads("n’est pas une carte Vitale", noCard, "illisible", "retirée")
	out()

	badNumber := person
	badNumber.NIR = badNumber.NIR[:14] + string('0'+('9'-badNumber.NIR[14]+1)%10)
	insert(t, s, vitalesim.Of(badNumber))
	w.reads("1 bénéficiaire", noCard, "n’est pas une carte", "retirée")
	if offered := w.offered(); len(offered) != 1 || !strings.Contains(offered[0], "que porte la carte n’est pas valable") {
		t.Errorf("a bad number is offered as %q", offered)
	}
	w.send("Rechercher ce patient")
	w.headed("Rechercher un patient")
	if got := w.value("nir"); got != badNumber.NIR {
		t.Errorf("the number to correct is %q", got)
	}
	w.byHand(person)
}

// byHand searches as without a card, on the page as it is.
func (w *tab) byHand(person vitalesim.Person) {
	w.t.Helper()
	w.fill("nir", person.NIR)
	w.send("Rechercher par NIR")
	w.headed("Sélectionner le patient")
}

func TestProgramsThatDoNotAnswerAreSaid(t *testing.T) {
	person := site.onCard(t, "Ciblée, dossier vierge")
	w := newTab(t)
	w.signIn("dr-un-lieu")

	w.open("/recherche")
	w.click(byText("button", readButton))
	w.hears("Le programme de lecture ne répond pas")
	w.byHand(person)

	// Programs that are not the one expected.
	for _, stranger := range []struct{ answer, said string }{
		{`{"program":"vaccin-reader","protocol":0}`, "trop ancien"},
		{`{"program":"vaccin-reader","protocol":2}`, "plus récent que cette page"},
		{`{"program":"imprimante"}`, "n’est pas le programme de lecture attendu"},
		{`<html>`, "n’est pas le programme de lecture attendu"},
	} {
		stop := pretend(t, stranger.answer)
		w.open("/recherche")
		w.click(byText("button", readButton))
		w.hears(stranger.said)
		stop()
	}

	// A computer without a reader.
	p := startProgram(t, vitaletest.StartWithoutReader(t), site.base)
	w.paired(p)
	w.hears("Aucun lecteur de carte n’est branché")
	p.stop()

	// The program started again knows nobody; five wrong codes close it.
	p = startProgram(t, vitaletest.Service{Socket: filepath.Join(t.TempDir(), "none")}, site.base)
	w.open("/recherche")
	w.click(byText("button", readButton))
	w.hears("a été redémarré")
	for range 4 {
		w.fill("vitale_code", "12")
		w.click(byText("button", "Appairer et lire la carte"))
		w.codeRefused()
		w.wait(`!document.querySelector("[data-vitale-read]").hasAttribute("aria-disabled")`)
	}
	w.fill("vitale_code", "12")
	w.click(byText("button", "Appairer et lire la carte"))
	w.hears("l’appairage est fermé")
	w.byHand(person)
	p.stop()

	p = startProgram(t, vitaletest.Service{Socket: filepath.Join(t.TempDir(), "none")}, site.base)
	w.paired(p)
	w.hears("Le service des cartes à puce de cet ordinateur ne répond pas")
}

// pretend answers at the program's address with one text, to pages of the service.
func pretend(t *testing.T, answer string) (stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", readerPort))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", site.base)
		w.Header().Set("Access-Control-Allow-Headers", "Authorization")
		_, _ = io.WriteString(w, answer) // the page may have left
	})}
	go func() { _ = server.Serve(listener) }() // ends with the error that Close gives it
	stop = sync.OnceFunc(func() { _ = server.Close() })
	t.Cleanup(stop)
	return stop
}

func TestAnotherSiteNeitherPairsNorReads(t *testing.T) {
	s := vitaletest.Start(t)
	p := startProgram(t, s, site.base)
	insert(t, s, vitalesim.Of(site.onCard(t, "Ciblée, dossier vierge")))
	w := newTab(t)
	w.signIn("dr-un-lieu")
	w.paired(p)
	token := eval[string](w, `localStorage.getItem("vaccin-reader-token") ?? ""`)
	if len(token) < 20 {
		t.Fatalf("the page keeps %q", token)
	}
	// The other site knows everything: the code shown and a token that serves. Its page is real, of the same
	// computer and of another port.
	evil, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	site.listen(evil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!DOCTYPE html><title>evil</title>`)
	}))
	other := newTab(t)
	other.open(fmt.Sprintf("http://localhost:%d/", evil.Addr().(*net.TCPAddr).Port))
	code := p.code()
	for name, attack := range map[string]string{
		"status":            fmt.Sprintf(`fetch("%s/status")`, readerURL),
		"pair":              fmt.Sprintf(`fetch("%s/pair", {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"code":"%s"}'})`, readerURL, code),
		"pair, simple type": fmt.Sprintf(`fetch("%s/pair", {method: "POST", body: '{"code":"%s"}'})`, readerURL, code),
		"read":              fmt.Sprintf(`fetch("%s/read", {method: "POST", headers: {Authorization: "Bearer %s"}})`, readerURL, token),
	} {
		got := eval[string](other, attack+`.then(async r => "answered " + r.status + await r.text(), e => "refused")`)
		if got != "refused" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := eval[string](other, fmt.Sprintf(`fetch("%s/pair", {method: "POST", mode: "no-cors", body: '{"code":"%s"}'}).then(r => r.type, e => "refused")`, readerURL, code)); got != "refused" && got != "opaque" {
		t.Errorf("without asking: %s", got)
	}
	if p.code() != code {
		t.Error("the other site used the code")
	}
	forged(t, code, token)
	w.reads("1 bénéficiaire", noCard)
}

// forged sends requests as no browser would.
func forged(t *testing.T, code, token string) {
	t.Helper()
	for _, tt := range []struct{ name, origin, host string }{
		{"no origin", "", ""},
		{"another origin", "https://evil.example", ""},
		{"null", "null", ""},
		{"a name that points here", site.base, fmt.Sprintf("rebound.example:%d", readerPort)},
		{"another name of this computer", site.base, fmt.Sprintf("localhost:%d", readerPort)},
	} {
		for _, request := range []struct{ method, path, body string }{
			{"GET", "/status", ""}, {"OPTIONS", "/read", ""}, {"POST", "/read", ""}, {"POST", "/pair", fmt.Sprintf(`{"code":%q}`, code)},
		} {
			r, err := http.NewRequestWithContext(t.Context(), request.method, readerURL+request.path, strings.NewReader(request.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			r.Host = tt.host
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusMisdirectedRequest ||
				answer.Header.Get("Access-Control-Allow-Origin") != "" || json.Valid(body) {
				t.Errorf("%s: %s %s: %d %s", tt.name, request.method, request.path, answer.StatusCode, body)
			}
		}
	}
}

func TestWithoutScriptTheCardIsNotOffered(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	w.withoutScript()
	w.open("/recherche")
	if strings.Contains(w.text("body"), readButton) {
		t.Error("the button is seen and can do nothing")
	}
	w.byHand(site.onCard(t, "Ciblée, dossier vierge"))
}

// TestTheBrowsersRefusalIsSaid has a browser of its own, which takes the service's address for a public one,
// as it is in life: then it asks the person before a page reaches this computer.
func TestTheBrowsersRefusalIsSaid(t *testing.T) {
	startProgram(t, vitaletest.Start(t), site.base)
	address := strings.TrimPrefix(site.base, "http://localhost")
	ctx, stop, err := startChromium(chromedp.Flag("ip-address-space-overrides", "127.0.0.1"+address+"=public,[::1]"+address+"=public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w := newTabOf(t, ctx)
	w.signIn("dr-un-lieu")
	w.open("/recherche")
	w.allow("denied")
	w.click(byText("button", readButton))
	w.hears("Le navigateur refuse à ce site l’accès au programme de lecture")
	w.byHand(site.onCard(t, "Ciblée, dossier vierge"))
	w.open("/recherche")
	w.allow("granted")
	w.click(byText("button", readButton))
	w.hears("saisissez le code")
}

// allow answers for the person what the browser asks about the local network, under the names it has had.
func (w *tab) allow(setting browser.PermissionSetting) {
	w.t.Helper()
	known := 0
	for _, name := range []string{"loopback-network", "local-network-access"} {
		params := browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: setting, Origin: site.base,
			BrowserContextID: chromedp.FromContext(w.ctx).BrowserContextID,
		}
		err := w.try(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
			_, err = cdp.Call(ctx, target, browser.SetPermission, params)
			return none, err
		})
		if err == nil {
			known++
		}
	}
	if known == 0 {
		w.t.Fatal("this browser has no permission for the local network")
	}
}
