package browser_test

import (
	"strings"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/vitale/vitaletest"
)

func vitaleStates(w *tab) {
	s := vitaletest.Start(w.t)
	w.signIn("dr-un-lieu")
	w.open("/recherche")
	w.click(byText("button", readButton))
	w.hears("ne répond pas")
	w.examine("card, no program")
	p := startProgram(w.t, s, site.base)
	w.click(byText("button", readButton))
	w.hears("saisissez le code")
	w.examine("card, code asked")
	w.fill("vitale_code", "1")
	w.click(byText("button", "Appairer et lire la carte"))
	w.codeRefused()
	w.examine("card, wrong code")
	w.fill("vitale_code", p.code())
	w.click(byText("button", "Appairer et lire la carte"))
	w.hears(noCard)
	w.examine("card, none in the reader")
	holder := site.onCard(w.t, "Famille avec des jumelles")
	lunar := vitalesim.Person{FamilyName: strings.Repeat("DE LA TOUR ", 6), GivenNames: "MARIE-HÉLÈNE ANNE ÉLISABETH", BirthDate: "19421901", NIR: holder.NIR[:14] + "x"}
	out := insert(w.t, s, vitalesim.Of(holder, lunar))
	w.reads("2 bénéficiaires", noCard)
	w.examine("card, beneficiaries")
	w.click(byText("button", "Rechercher ce patient"))
	w.wait(`!document.querySelector("[data-vitale-choice-said]").hidden`)
	w.examine("card, nobody chosen")
	w.pick("beneficiary", "0")
	w.send("Rechercher ce patient")
	w.says("Correspond à la carte Vitale")
	w.examine("list, person of the card pointed out")
	out()
	insert(w.t, s, vitalesim.Of(vitalesim.Person{FamilyName: "SANS", GivenNames: "PAREIL", BirthDate: "19020304", NIR: holder.NIR}))
	w.open("/recherche")
	w.reads("1 bénéficiaire", noCard, "2 bénéficiaires", "retirée")
	w.send("Rechercher ce patient")
	w.says("Aucun des assurés rattachés")
	w.examine("list, nobody like the card")
	w.follow("Patient absent de la liste")
	w.examine("manual entry from a card")
}
