package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"vaccin/internal/registry"
)

// doses counts the first doses of a record, also annulled ones.
func doses(t *testing.T, record string) int {
	t.Helper()
	facts, err := site.failing.Facts(t.Context(), registry.RecordID(record[len("/dossiers/"):]), registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	return len(facts.Record.FirstDoses)
}

func TestADoubleClickLeavesOneDose(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	record := w.eligible("Double", "Rosalie")
	w.open(record + "/vaccination-1")
	w.dose()
	w.leave(func() { w.do("double-clicking", chromedp.DoubleClick(byText("button", "Valider"))) })
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

func TestADoubleClickWithoutScriptLeavesOneDose(t *testing.T) {
	w := newTab(t)
	w.withoutScript()
	w.signIn("dr-un-lieu")
	record := w.eligible("Doublesans", "Rosalie")
	w.open(record + "/vaccination-1")
	w.dose()
	w.leave(func() { w.do("double-clicking", chromedp.DoubleClick(byText("button", "Valider"))) })
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

func TestBackAndSendAgainLeavesOneDose(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	record := w.eligible("Retour", "Honorine")
	w.open(record + "/vaccination-1")
	w.dose()
	request := eval[string](w, `document.querySelector("input[name=request]").value`)
	w.send("Valider")
	w.says("Code du patient")
	w.back()
	if w.heading() == "Enregistrer la 1ère vaccination" {
		w.send("Valider")
	} else {
		// The browser asked for the page again and got the summary: the form of before can still be sent by a
		// browser that kept it.
		w.leave(func() { eval[bool](w, resend(request)) })
	}
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

// TestAFormStaysWhileTheNetworkIsAway sends a form from a device without a network: the form stays as it was typed, the page says why, and
// what is sent again from there is recorded once.
func TestAFormStaysWhileTheNetworkIsAway(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	record := w.eligible("Coupure", "Honorine")
	w.open(record + "/vaccination-1")
	w.dose()
	w.network(false)
	w.click(byText("button", "Valider"))
	w.wait(`document.activeElement.id === "no-network"`)
	w.says("Pas de connexion au réseau", "Rien n’a été envoyé")
	w.complained() // of the network
	w.judged("no network")
	w.click(byText("button", "Envoyer de nouveau"))
	w.wait(`document.querySelectorAll("#no-network").length === 1`)
	if got := w.value("lot") + w.value("place_name"); got != site.lot+"Chez la patiente" {
		t.Errorf("the form holds %q", got)
	}
	if n := doses(t, record); n != 0 {
		t.Errorf("%d doses are recorded without a network", n)
	}
	w.network(true)
	w.complained()
	w.send("Envoyer de nouveau")
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

// TestAServiceOnTheSameMachineIsReachedWithoutANetwork sends a form from a device that has no network, to a service that answers.
func TestAServiceOnTheSameMachineIsReachedWithoutANetwork(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	record := w.eligible("Isolement", "Honorine")
	w.open(record + "/vaccination-1")
	w.dose()
	w.aloneWithTheService()
	w.send("Valider")
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

// aloneWithTheService has the device say that it has no network, while the service answers.
func (w *tab) aloneWithTheService() {
	w.t.Helper()
	call(w, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	if eval[bool](w, "navigator.onLine") {
		w.t.Fatal("the device says that it has a network")
	}
}

// network takes the network away, as a cable that is pulled out does, or gives it back.
func (w *tab) network(there bool) {
	w.t.Helper()
	call(w, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !there, DownloadThroughput: -1, UploadThroughput: -1})
	call(w, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Offline: !there, DownloadThroughput: -1, UploadThroughput: -1},
	}})
}

// resend sends the form of a dose once more, as a browser that kept the page would.
func resend(request string) string {
	return `(() => {
		const form = document.createElement("form")
		form.method = "post"
		form.action = location.pathname
		const values = { request: "` + request + `", vaccine: "COMIRNATY", lot: "` + site.lot + `", site: "16217701000119102", occurrence: "01/02/2021",
			performer_self: "yes", place_type: "DOMICILE", place_name: "Chez la patiente", place_locality: "69003 Lyon 3e arrondissement" }
		for (const [name, value] of Object.entries(values)) {
			const field = document.createElement("input")
			field.name = name
			field.value = value
			form.append(field)
		}
		document.body.append(form)
		form.submit()
		return true
	})()`
}

// TestBackToARefusedFormShowsAPageOfTheService goes back over forms that were refused, in the browser that people have: the other one sends them again
// by itself.
func TestBackToARefusedFormShowsAPageOfTheService(t *testing.T) {
	browser, stop, err := startChromiumOn(wholeChromium, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w := newTabOf(t, browser)
	unrefused := func() {
		t.Helper()
		if eval[bool](w, `document.querySelector(".govuk-error-summary") !== null`) {
			t.Error("the form is the one that was refused")
		}
	}
	w.enterAsAgent("assistance")
	w.follow("Oppositions")
	w.send("Rechercher la personne")
	w.says("Certains champs sont à corriger")
	w.fill("person", site.example(t, "Corse, NIR d’avant 1976").Code.Format())
	w.send("Rechercher la personne")
	w.says("Enregistrer une opposition")
	w.back() // over a form that was sent from there
	w.headed("Oppositions")
	unrefused()
	w.fill("person", site.example(t, "Corse, NIR d’avant 1976").Code.Format())
	w.send("Rechercher la personne")
	w.pick("channel", "mail")
	w.send("Enregistrer l’opposition")
	w.says("Certains champs sont à corriger")
	w.follow("Oppositions")
	w.back() // over a link that was followed from there
	w.says("Enregistrer une opposition")
	unrefused()
	w.send("Se déconnecter")
}

// TestAFormThatWasRefusedStaysForReload clicks what opens elsewhere or brings a file, and has a form kept from being sent: its page stands, and Reload brings
// what was typed. What is clicked and sent here goes no further than the page, so that each is tried on the same one.
func TestAFormThatWasRefusedStaysForReload(t *testing.T) {
	w := newTab(t)
	w.enterAsAgent("campagne")
	w.open("/campagnes/nouvelle")
	w.click(`//summary[contains(., "Remplir avec un fichier")]`)
	w.holdFile("fichier", "bonne.toml", []byte(strings.Replace(fileOfACampaign, "apportee-navigateur", "refusee", 1)))
	w.send("Remplir avec ce fichier")
	w.send("Enregistrer la campagne")
	w.open("/campagnes/refusee/modifier")
	w.fill("name", "")
	w.send("Enregistrer la campagne")
	w.says("Certains champs sont à corriger")
	left := eval[string](w, `(() => {
		const left = [], file = document.querySelector("a[href$='/fichier']"), away = document.querySelector("a[href='/campagnes']"), button = document.querySelector("main form button")
		let said = ""
		history.replaceState = () => left.push(said)
		const stops = event => event.preventDefault()
		const clicks = (what, link, more) => {
			said = what
			link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...more }))
		}
		window.addEventListener("click", stops)
		window.addEventListener("submit", stops)
		clicks("file", file)
		for (const key of ["ctrlKey", "metaKey", "shiftKey", "altKey"]) clicks(key, away, { [key]: true })
		away.target = "_blank"
		clicks("target", away)
		away.removeAttribute("target")
		document.body.addEventListener("click", stops, { once: true })
		clicks("prevented click", away)
		document.body.addEventListener("submit", stops, { once: true })
		said = "prevented form"
		button.form.requestSubmit(button)
		clicks("link", away)
		said = "form"
		button.form.requestSubmit(button)
		return left.join()
	})()`)
	if left != "link,form" {
		t.Errorf("the page is left by %s", left)
	}
}
