package browser_test

import "vaccin/internal/demo"

// underButton is how far under the button of the card the sentence about readers begins.
const underButton = `(() => {
	const of = (name, text) => [...document.querySelectorAll(name)].find(e => e.textContent.includes(text)).getBoundingClientRect()
	return of("p", "pas de lecteur").top - of(".govuk-button", "par carte CPS").bottom
})()`

func portalStates(w *tab) {
	account := demo.PortalAccounts()[0]
	w.open("/amelipro")
	w.examine("portal")
	w.send("Se connecter")
	w.examine("portal empty")
	w.fill("login", account.Login)
	w.fill("password", "pas celui-là")
	w.send("Se connecter")
	w.says("Identifiant ou mot de passe incorrect.")
	w.examine("portal wrong")
	w.fill("login", account.Login)
	w.fill("password", account.Password)
	w.send("Se connecter")
	w.says("accessible qu’avec une identification par carte CPS")
	w.examine("portal by password")
	if gap := eval[float64](w, underButton); gap < 16 {
		w.t.Errorf("the text under the button is at %g pixels of it", gap)
	}
	w.follow("Vaccin COVID")
	w.headed("Identification par carte CPS nécessaire")
	w.examine("refused by password")
	w.signIn("dr-un-lieu")
	w.open("/amelipro")
	w.examine("portal signed in")
	w.follow("Vaccin COVID")
	w.headed("Rechercher un patient")
}
