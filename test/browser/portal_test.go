package browser_test

import "vaccin/internal/demo"

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
	w.follow("Vaccin COVID")
	w.headed("Identification par carte CPS nécessaire")
	w.examine("refused by password")
	w.signIn("dr-un-lieu")
	w.open("/amelipro")
	w.examine("portal signed in")
	w.follow("Vaccin COVID")
	w.headed("Rechercher un patient")
}
