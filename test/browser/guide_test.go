package browser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// A guide is walked as it is written: at each of its pictures the browser stands at that page, and the page
// says every label that the text before the picture sets in bold. With the flag -guides, the pictures are
// taken anew.

const guides = "../../docs/guides"

// scene is a picture of a guide, with the labels that its text sets in bold.
type scene struct {
	picture string
	labels  []string
}

var (
	pictured = regexp.MustCompile(`!\[[^\]]+\]\(images/([a-z0-9-]+)\.webp\)`)
	inBold   = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// scenes reads a guide. What follows the last picture is about no page.
func scenes(t *testing.T, file string) []scene {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(guides, file))
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	list, from := []scene{}, 0
	for _, at := range pictured.FindAllStringSubmatchIndex(text, -1) {
		s := scene{picture: text[at[2]:at[3]]}
		for _, bold := range inBold.FindAllStringSubmatch(text[from:at[0]], -1) {
			s.labels = append(s.labels, strings.Join(strings.Fields(bold[1]), " "))
		}
		list, from = append(list, s), at[1]
	}
	return list
}

// walk goes through a guide. Each step leads from the page before to that of its picture.
func walk(t *testing.T, file string, w *tab, steps map[string]func()) {
	t.Helper()
	all := scenes(t, file)
	if len(all) != len(steps) {
		t.Errorf("the guide has %d pictures, the test %d steps", len(all), len(steps))
	}
	for _, s := range all {
		step, ok := steps[s.picture]
		if !ok {
			t.Fatalf("no step leads to the picture %s", s.picture)
		}
		step()
		w.says(s.labels...)
		w.illustrate(s.picture)
	}
}

// pictureFrom is where pictures begin that do not begin at the top of the page.
var pictureFrom = map[string]string{"campagne-carte": ".app-map", "donnees-motif": "#reason"}

// illustrate takes a picture of a guide where that is asked for, and otherwise sees that there is one.
func (w *tab) illustrate(name string) {
	w.t.Helper()
	file := filepath.Join(guides, "images", name+".webp")
	if !*illustrated {
		if _, err := os.Stat(file); err != nil {
			w.t.Errorf("a guide lacks its picture: %v", err)
		}
		return
	}
	w.resize(1000, 760)
	height := eval[int64](w, `document.activeElement.blur(); scrollTo(0, 0); Math.min(1300, document.documentElement.scrollHeight)`)
	if part, ok := pictureFrom[name]; ok {
		height = 900
		w.resize(1000, height)
		eval[bool](w, `document.querySelector("`+part+`").scrollIntoView(); true`)
	}
	w.resize(1000, height)
	quality := int64(60)
	shot := call(w, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
	w.fatal(os.WriteFile(file, shot.Data, 0o644), "keeping a picture")
	w.resize(1280, 900)
}

func TestTheDoctorsGuide(t *testing.T) {
	w := newTab(t)
	var record string
	walk(t, "medecin.md", w, map[string]func(){
		"medecin-accueil": func() { w.open("/") },
		"medecin-lieu": func() {
			w.signIn("dr-deux-lieux")
			w.pick("practice_place", "0")
			w.send("Continuer")
			w.open("/lieu")
		},
		"medecin-recherche": func() {
			w.signIn("dr-un-lieu")
			w.open("/recherche")
		},
		"medecin-assures": func() { w.search(site.example(t, "Famille avec des jumelles").Patient.Holder.Format()) },
		"medecin-inconnu": func() { w.search(site.unknownNIR(t)) },
		"medecin-saisie":  func() { w.follow("via ce lien.") },
		"medecin-eligibilite": func() {
			record = w.patient("Guidée", "Denise")
			w.follow("Déclarer l’éligibilité")
			w.pick("prescribes", "yes")
		},
		"medecin-synthese-eligibilite": w.declare,
		"medecin-rectificatif": func() {
			w.says("Modifier", "Annuler cette saisie")
			w.follow("Modifier")
			w.pick("health_professional", "yes")
			w.choose("activity", "ambulatoire")
			w.send("Valider")
		},
		"medecin-vaccination-1": func() {
			w.open(record + "/vaccination-1")
			w.dose()
		},
		"medecin-question": func() {
			w.fill("lot", "ZZ0000")
			w.send("Valider")
		},
		"medecin-synthese-1": func() {
			w.click(`.app-question input`)
			w.send("Valider")
		},
		"medecin-suivant": func() {
			w.says("Patient suivant")
			w.follow("Patient suivant")
		},
		"medecin-vaccination-2": func() { w.open(record + "/vaccination-2") },
		"medecin-actes":         func() { w.open("/mes-actes") },
	})
}

func TestTheSupportGuide(t *testing.T) {
	record := declaredAndReported(t)
	w := newTab(t)
	walk(t, "assistance.md", w, map[string]func(){
		"assistance-entree": func() { w.open("/agents") },
		"assistance-recherche": func() {
			w.enterAsAgent("assistance")
			w.open("/recherche")
		},
		"assistance-dossier":  func() { w.open(record) },
		"assistance-synthese": func() { w.open(record + "/eligibilite") },
		"assistance-modifier": func() {
			w.follow("Modifier")
			w.fill("reason", "Demande du Dr Keller par téléphone le 1er février : date de l’ordonnance erronée.")
		},
		"assistance-annuler": func() {
			w.open(record + "/eligibilite")
			w.follow("Annuler cette saisie")
		},
		"assistance-signalements": func() { w.open("/signalements") },
		"assistance-signalement":  func() { w.follow("Recherches suspendues") },
	})
}

// declaredAndReported has a doctor declare a patient eligible, say that it was not them, and search until
// searches are suspended. It returns the address of the record.
func declaredAndReported(t *testing.T) (record string) {
	t.Helper()
	w := newTab(t)
	w.signIn("dr-pharmacien")
	record = w.eligible("Corrigée", "Simone")
	w.open("/mes-actes")
	w.follow("Ce n’est pas moi")
	w.send("Ce n’est pas moi")
	for range 31 {
		w.open("/recherche")
		w.fill("code", "ABCD-EFGH-JKM")
		w.send("Rechercher par code")
	}
	return record
}

func TestTheDataProtectionGuide(t *testing.T) {
	doctor := newTab(t)
	doctor.signIn("dr-un-lieu")
	doctor.eligible("Consultée", "Ginette")
	w := newTab(t)
	walk(t, "protection-des-donnees.md", w, map[string]func(){
		"donnees-accueil": func() { w.enterAsAgent("dpo") },
		"donnees-demande": func() {
			w.follow("Demandes d’accès")
			w.fill("person", site.example(t, "Vaccination complète en EHPAD").Code.Format())
			w.pick("requested", "on")
		},
		"donnees-personne": func() { w.send("Rechercher la personne") },
		"donnees-journal": func() {
			w.follow("Journal des accès")
			w.fill("professional", "99700810379")
			w.send("Consulter le journal")
		},
		"donnees-entree":  func() { w.leave(func() { w.click("tbody th a") }) },
		"donnees-motif":   func() { w.fill("reason", "Réclamation n° 2021-17") },
		"donnees-patient": func() { w.send("Identifier le patient") },
	})
}

// The guide is for a country whose map shows something; where no pictures are taken, a small one is as good.
func TestTheCampaignManagersGuide(t *testing.T) {
	persons := fewPersons
	if *illustrated {
		persons = 4000
	}
	onAnother(t, "", persons)
	w := newTab(t)
	w.allowed = deskPageBytes
	var run string
	walk(t, "campagne.md", w, map[string]func(){
		"campagne-accueil":   func() { w.enterAsAgent("campagne") },
		"campagne-campagnes": func() { w.follow("Campagnes") },
		"campagne-criteres": func() {
			w.follow("Nouvelle campagne")
			w.campaignToCheck()
		},
		"campagne-preparer": func() { w.open("/campagnes/etat-adultes/cibler") },
		"campagne-apercu": func() {
			w.send("Préparer le ciblage")
			run = w.path()
			site.work(t)
			w.open(run)
		},
		"campagne-carte": func() {},
		"campagne-approuver": func() {
			w.send("Se déconnecter")
			w.enterAsAgent("campagne-2")
			w.open(run)
			w.follow("Approuver ce ciblage")
		},
		"campagne-execute": func() {
			w.send("Approuver et lancer le ciblage")
			site.work(t)
			w.open(run)
		},
		"campagne-envoi": func() { w.follow("Lettres : préparer et suivre les envois") },
		"campagne-pret": func() {
			w.send("Préparer un envoi")
			batch := w.path()
			site.print(t)
			w.open(batch)
		},
		"campagne-suivi": func() {
			w.follow("Ciblages")
			w.follow("Suivre où en sont les personnes ciblées")
		},
	})
}

// campaignToCheck fills in the campaign that the guide shows, and has it checked.
func (w *tab) campaignToCheck() {
	w.t.Helper()
	for id, text := range map[string]string{
		"identifier": "exemple-guide", "name": "Exemple du guide", "phase": "Phase 2", "rank": "12",
		"source": "Un avis du 1er février 2021", "opens": "22/2/2021", "0.age_at_least": "50", "0.age_at_most": "64",
	} {
		w.fill(id, text)
	}
	w.pick("0.any_comorbidity", "oui")
	w.send("Vérifier")
}
