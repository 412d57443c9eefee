package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const fileOfACampaign = `identifiant = "apportee-navigateur"
nom = "65 à 74 ans de l’Ain"
phase = "Essais"
ordre = 3
ouverture = 2021-03-27
source = "Instruction du 26 mars 2021"

[[groupe]]
age_minimum = 65
age_maximum = 74
departements = ["01"]
`

// holdFile chooses a file for a field, as the window of the system does.
func (w *tab) holdFile(id, name string, content []byte) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#"+id), []string{path}))
}

// campaignBrought fills campaigns in from files, and looks at what is said of them.
func (w *tab) campaignBrought() {
	w.t.Helper()
	w.open("/campagnes/nouvelle")
	w.fill("name", "Ce que j’ai tapé")
	w.click(`//summary[contains(., "Remplir avec un fichier")]`)
	w.examine("new campaign with the field of a file")
	w.send("Remplir avec ce fichier")
	w.says("Choisissez d’abord le fichier")
	w.examine("new campaign without the file")
	w.holdFile("fichier", "fautes.toml", []byte(strings.NewReplacer("ordre = 3", `ordre = "trois"`, "age_maximum", "age_maximun", `"01"`, `"96", "1"`).Replace(fileOfACampaign)))
	w.send("Remplir avec ce fichier")
	w.says("Ligne 4, ordre", "Ligne 10, age_maximun", "Ligne 11, departements", "« 96 » et « 1 »")
	w.examine("new campaign with a file with faults")
	if got := w.value("name"); got != "Ce que j’ai tapé" {
		w.t.Errorf("what was typed is now %q", got)
	}
	w.click(".govuk-error-summary a")
	w.focused("fichier")
	w.holdFile("fichier", "bonne.toml", []byte(fileOfACampaign))
	w.send("Enregistrer la campagne")
	w.says("Un fichier était choisi, et n’a pas rempli le formulaire")
	w.holdFile("fichier", "bonne.toml", []byte(fileOfACampaign))
	w.send("Remplir avec ce fichier")
	w.says("Le formulaire est rempli avec votre fichier", "Sont concernées les personnes de 65 à 74 ans inclus au 27 mars 2021", "Rien n’est encore enregistré")
	w.examine("new campaign filled in from a file")
	w.send("Enregistrer la campagne")
	w.says("Campagne « 65 à 74 ans de l’Ain » enregistrée")
	w.examine("campaigns, one saved")
	w.click(".govuk-notification-banner a")
	w.wait(`location.hash === "#campagne-apportee-navigateur"`)

	w.open("/campagnes/nouvelle")
	w.click(`//summary[contains(., "Remplir avec un fichier")]`)
	w.holdFile("fichier", "bonne.toml", []byte(fileOfACampaign))
	w.send("Remplir avec ce fichier")
	w.says("Une campagne porte déjà cet identifiant", "Ce qui est enregistré")
	w.examine("new campaign with the file of one that is there")
	w.follow("Modifier « 65 à 74 ans de l’Ain »")
	w.headed("Modifier la campagne « 65 à 74 ans de l’Ain »")
}

// A file is brought by the keyboard alone and without scripts, and one that is far too large loses nothing that was typed.
func TestACampaignIsBroughtByTheKeyboard(t *testing.T) {
	w := newTab(t)
	w.enterAsAgent("campagne")
	w.withoutScript()
	w.open("/campagnes/nouvelle")
	w.reach("what hides the field of a file", func(f focus) bool { return f.Tag == "SUMMARY" && strings.Contains(f.Text, "Remplir avec un fichier") })
	w.press(kb.Enter)
	w.reachField("fichier")
	w.reachField("name")
	w.keyIn("Au clavier")
	w.holdFile("fichier", "enorme.toml", make([]byte, 100_000_000))
	w.press(kb.Tab, chromedp.ModifierShift) // the identifier
	w.press(kb.Tab, chromedp.ModifierShift)
	w.leave(func() { w.press(kb.Enter) })
	w.says("Ce fichier n’est pas un fichier texte")
	if got := w.value("name"); got != "Au clavier" {
		t.Errorf("what was typed is now %q", got)
	}
	two := strings.Replace(fileOfACampaign, "apportee-navigateur", "apportee-au-clavier", 1) + "\n[[groupe]]\nmetiers = [\"POMPIER\"]\n" // shown as their sentences
	w.holdFile("fichier", "bonne.toml", []byte(two))
	w.enter("Remplir avec ce fichier")
	w.says("Le formulaire est rempli avec votre fichier")
	w.enter("Enregistrer la campagne")
	w.says("Campagne « 65 à 74 ans de l’Ain » enregistrée")
}
