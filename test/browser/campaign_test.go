package browser_test

import (
	"context"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"vaccin/internal/document"
	"vaccin/internal/registry"
)

// halfway is a store that shows a run while it is carried out, which on the embedded one is over at once.
type halfway struct {
	registry.Store
	registry.TargetingStore
	registry.AgentStore
}

func (h halfway) Run(ctx context.Context, number int) (registry.Run, error) {
	run, err := h.TargetingStore.Run(ctx, number)
	run.State, run.Progress = registry.RunRunning, registry.Progress{Done: 43, Of: 100}
	return run, err
}

func (h halfway) Runs(ctx context.Context, before, limit int) ([]registry.Run, error) {
	runs, err := h.TargetingStore.Runs(ctx, before, limit)
	for i := range runs {
		runs[i].State, runs[i].Progress = registry.RunRunning, registry.Progress{Done: 43, Of: 100}
	}
	return runs, err
}

// unwritten is a store without campaigns.
type unwritten struct {
	registry.Store
	registry.TargetingStore
	registry.AgentStore
}

func (unwritten) Campaigns(context.Context) ([]registry.SavedCampaign, error) { return nil, nil }

// operator is who does what a server does by itself.
var operator = registry.Actor{Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "TEST"}}

// work counts and carries out the runs that wait.
func (s *running) work(t *testing.T) {
	t.Helper()
	if _, err := s.cases(s.failing).WorkRuns(t.Context(), operator, func(registry.Run) {}); err != nil {
		t.Fatal(err)
	}
	if err := s.cases(s.failing).CountFollowUps(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// failed says that something that a server tries again failed.
func failed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lastNumber is the number at the end of an address.
func lastNumber(t *testing.T, address string) int {
	t.Helper()
	n, err := strconv.Atoi(path.Base(address))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// print makes the letters that wait.
func (s *running) print(t *testing.T) {
	t.Helper()
	if _, err := s.cases(s.failing).WorkBatches(t.Context(), operator, document.Printer(registry.LetterTexts{})); err != nil {
		t.Fatal(err)
	}
}

// still asks that the page does not come anew by itself while it is looked at.
func (w *tab) still() {
	w.t.Helper()
	w.follow("Arrêter l’actualisation")
}

func campaignStates(w *tab) {
	w.enterAsAgent("campagne")
	w.headed("Responsable de campagne")
	w.examine("home of a campaign manager")
	w.follow("Ciblages")
	w.examine("runs, none")
	w.follow("Suivre où en sont les personnes ciblées")
	w.says("Rien n’est encore décompté")
	w.examine("follow-up, none")
	before := site.failing.Store
	site.failing.Store = unwritten{before, before.(registry.TargetingStore), before.(registry.AgentStore)}
	w.open("/campagnes")
	w.says("Aucune campagne")
	w.examine("campaigns, none")
	site.failing.Store = before
	w.follow("Campagnes")
	w.allowed = deskPageBytes
	w.examine("campaigns")
	w.follow("Nouvelle campagne")
	w.campaignWritten()
	w.campaignBrought()
	w.keptStates(w.runStates() + "/envois")
}

// campaignWritten writes a campaign of two groups, with what goes wrong on the way.
func (w *tab) campaignWritten() {
	w.t.Helper()
	w.examine("new campaign")
	w.send("Enregistrer la campagne")
	w.says("Certains champs sont à corriger")
	w.examine("new campaign errors")
	w.fill("identifier", "essai-navigateur")
	w.fill("name", "Essai du navigateur")
	w.fill("phase", "Essais")
	w.fill("rank", "1")
	w.fill("source", "Un avis du 1er février 2021")
	w.fill("opens", "18/1/2021")
	w.fill("0.age_at_least", "18")
	w.pick("0.residence", "DOMICILE")
	w.send("Ajouter un groupe")
	w.says("Groupe 2", "Les personnes de 18 ans ou plus au 18 janvier 2021 qui vivent à domicile")
	if at := eval[string](w, `location.hash`); at != "#groupe-2" {
		w.t.Errorf("after a group was added the page stands at %s", at)
	}
	w.examine("new campaign of two groups")
	w.fill("1.age_at_least", "12")
	w.fill("1.age_at_most", "soixante")
	w.fill("1.departments", "75, 2a, 974")
	w.click(`//summary[contains(., "Choisir des affections")]`)
	w.pick("1.alds", "8")
	w.send("Modifier")
	w.send("Enregistrer la campagne")
	w.says("Donnez un âge maximum de 1 à 125")
	w.examine("new campaign with errors in a group that was closed")
	w.fill("1.age_at_most", "64")
	// The Enter key checks; it neither saves nor takes a group out.
	w.leave(func() { w.press(kb.Enter) })
	w.says("Vérification", "en affection de longue durée au titre de l’ALD 8")
	w.examine("new campaign checked")
	w.send("Enregistrer la campagne")
	w.says("Campagne « Essai du navigateur » enregistrée")
	w.open("/campagnes/essai-navigateur/modifier")
	w.examine("campaign to modify")

	other := newTab(w.t)
	other.enterAsAgent("campagne-2")
	other.open("/campagnes/essai-navigateur/modifier")
	other.fill("name", "Essai, l’autre version")
	other.send("Enregistrer la campagne")
	w.fill("name", "Essai du navigateur, relu")
	w.send("Enregistrer la campagne")
	w.says("Ce qui est enregistré", "Essai, l’autre version")
	w.examine("campaign overtaken")
	w.send("Enregistrer la campagne")
	w.says("Essai du navigateur, relu")

	w.open("/campagnes/essai-navigateur/cibler")
	other.open("/campagnes/essai-navigateur/modifier")
	other.fill("name", "Essai, encore autre")
	other.send("Enregistrer la campagne")
	w.send("Préparer le ciblage")
	w.says("Ciblage non préparé", "Cette campagne a été modifiée", "Essai, encore autre")
	w.examine("run to prepare of a campaign that moved")
}

// runStates prepares runs, has one approved, whose address it returns, and drops another.
func (w *tab) runStates() (run string) {
	w.t.Helper()
	w.open("/campagnes/etat-adultes/cibler")
	w.examine("run to prepare")
	w.send("Préparer le ciblage")
	w.says("Décompte en cours")
	w.still()
	w.examine("run being counted")
	w.unprinted("Actualiser maintenant", "Voir la campagne telle qu’elle est aujourd’hui")
	run = w.path()
	site.work(w.t)
	w.open(run)
	w.says("une autre personne doit l’approuver", "Par département")
	w.examine("run prepared, for who prepared it")
	w.open(run + "/approuver")
	w.examine("run that one may not approve")
	w.open("/campagnes")
	w.examine("campaigns with a run")

	other := newTab(w.t)
	other.allowed = deskPageBytes
	other.enterAsAgent("campagne-2")
	other.open(run)
	other.examine("run to approve")
	other.follow("Approuver ce ciblage")
	other.examine("approval asked")
	other.send("Approuver et lancer le ciblage")
	other.says("Ciblage approuvé")
	other.still()
	other.examine("run approved")
	failed(w.t, site.failing.RunFailed(w.t.Context(), lastNumber(w.t, run), time.Now()))
	other.open(run + "?actualisation=non")
	other.says("a échoué la dernière fois")
	other.examine("run that failed")
	before := site.failing.Store
	site.failing.Store = halfway{before, before.(registry.TargetingStore), before.(registry.AgentStore)}
	other.open(run + "?actualisation=non")
	other.says("43 %", "Avancement")
	other.examine("run carried out")
	other.open("/ciblages")
	other.examine("runs, one carried out")
	site.failing.Store = before
	site.work(w.t)
	other.open(run)
	other.says("Exécuté", "reçu un code")
	other.examine("run done")
	other.unprinted("Lettres : préparer et suivre les envois", "Suivre où en sont ces personnes")
	other.letterStates(run)
	other.open("/ciblages/suivi")
	other.says("Par département de résidence")
	other.examine("follow-up")

	w.open("/campagnes/has-2a-75-ans/cibler")
	w.send("Préparer le ciblage")
	nobody := w.path()
	site.work(w.t)
	w.open(nobody)
	w.says("Aucune personne à cibler", "il n’y a rien à approuver")
	w.examine("run of nobody")
	w.open(nobody + "/envois")
	w.says("Ce ciblage ne concerne personne")
	w.examine("batches of a run of nobody")
	w.longNames()

	w.open("/campagnes/etat-12-17-ans/cibler")
	w.send("Préparer le ciblage")
	w.follow("Abandonner ce ciblage")
	w.examine("run to drop")
	w.send("Abandonner ce ciblage")
	w.says("Ciblage abandonné")
	w.examine("run dropped")
	w.follow("Ciblages")
	w.examine("runs")
	w.unprinted("Préparer un ciblage depuis les campagnes", "Suivre où en sont les personnes ciblées")
	return run
}

// keptStates asks for letters with a session that expired, while others ask for some.
func (w *tab) keptStates(list string) {
	w.t.Helper()
	w.open(list)
	w.pick("kind", "csv")
	other := newTab(w.t)
	other.enterAsAgent("campagne-2")
	other.open(list)
	other.send("Préparer un envoi")
	other.says("demandé")
	site.sessions.expire()
	w.send("Préparer un envoi")
	w.follow("Connectez-vous par l’espace des agents")
	w.authenticate("campagne")
	w.says("Votre saisie est conservée 4", "Un envoi est en préparation")
	w.still()
	w.examine("batches of letters, with a form that is kept")
	site.print(w.t)
	w.open(list)
	w.says("Votre saisie a été conservée")
	w.examine("batches of letters, with a form that came back")
}

// longName is the longest name a campaign may have, with no space at which a line could break.
var longName = strings.Repeat("Anticonstitutionnellement", 5)[:120]

// namedLong is a store in which what is followed up is of a campaign of that name.
type namedLong struct {
	registry.Store
	registry.TargetingStore
	registry.AgentStore
}

// FollowUps returns what was counted.
func (s namedLong) FollowUps(ctx context.Context) ([]registry.FollowUp, error) {
	all, err := s.TargetingStore.FollowUps(ctx)
	for i := range all {
		all[i].Campaign.Name, all[i].Campaign.Phase = longName, longName
	}
	return all, err
}

// longNames writes a campaign whose name and phase have no space, prepares a run of it, and sees that its name makes no table wider than the page.
func (w *tab) longNames() {
	w.t.Helper()
	w.open("/campagnes/nouvelle")
	w.fill("identifier", "sans-espace")
	w.fill("name", longName)
	w.fill("phase", longName)
	w.fill("rank", "1")
	w.fill("source", longName)
	w.fill("opens", "18/1/2021")
	w.fill("0.age_at_least", "5")
	w.send("Enregistrer la campagne")
	w.says("enregistrée")
	w.examine("campaigns, one with a name without spaces")
	w.open("/campagnes/sans-espace/cibler")
	w.send("Préparer le ciblage")
	w.still()
	w.examine("run of a name without spaces")
	for _, page := range []string{"/campagnes", "/ciblages"} {
		w.open(page)
		w.unscrolled(page)
	}
	w.examine("runs, one of a name without spaces")
	before := site.failing.Store
	site.failing.Store = namedLong{before, before.(registry.TargetingStore), before.(registry.AgentStore)}
	w.open("/ciblages/suivi")
	w.says(longName)
	w.unscrolled("/ciblages/suivi")
	w.examine("follow-up of a name without spaces")
	site.failing.Store = before
}

// unscrolled fails a page with a table that is wider than a window of a desk.
func (w *tab) unscrolled(page string) {
	w.t.Helper()
	if eval[bool](w, `[...document.querySelectorAll(".app-table")].some(t => t.scrollWidth > t.clientWidth)`) {
		w.t.Errorf("%s: a table is wider than the page", page)
	}
}

// renamed is a store whose recipients have other names than when their letters were made.
type renamed struct {
	registry.Store
	registry.TargetingStore
	registry.LetterStore
	registry.AgentStore
}

// Letters returns the letters.
func (r renamed) Letters(ctx context.Context, key registry.BatchKey, after, limit int) ([]registry.Recipient, error) {
	all, err := r.LetterStore.Letters(ctx, key, after, limit)
	for i := range all {
		all[i].UsedName = "Autre"
	}
	return all, err
}

// letterStates asks for the letters of a run, has them made, and looks at each page on the way.
func (w *tab) letterStates(run string) {
	w.t.Helper()
	w.follow("Lettres : préparer et suivre les envois")
	w.examine("batches of letters, none")
	w.send("Préparer un envoi")
	w.says("demandé", "Choix des destinataires")
	w.still()
	w.examine("batch of letters being made")
	at := w.path()
	failed(w.t, site.failing.BatchFailed(w.t.Context(), registry.BatchKey{Run: lastNumber(w.t, run), Part: lastNumber(w.t, at)}, time.Now()))
	w.open(at + "?actualisation=non")
	w.says("a échoué la dernière fois")
	w.examine("batch of letters that failed")
	site.print(w.t)
	w.open(at)
	w.says("Prêt", "Empreinte SHA-256")
	w.examine("batch of letters")
	w.unprinted("Télécharger les lettres", "Écrire de nouveau aux mêmes personnes", "Sous quelle forme")
	eval[bool](w, `(async () => { const answer = await fetch(document.querySelector("main a[href$='/lettres']").href); await answer.arrayBuffer(); return answer.ok })()`)
	w.open(at)
	w.says("Des lettres à ces personnes ont déjà été remises")
	w.pick("kind", "csv")
	w.send("Préparer un nouvel envoi aux mêmes personnes")
	w.says("Cochez cette case si")
	w.examine("batch of letters to ask for again, unaware")
	w.pick("sure", "on")
	w.send("Préparer un nouvel envoi aux mêmes personnes")
	w.says("demandé", "CSV de publipostage", "Mêmes personnes que")
	site.print(w.t)
	w.open(w.path())
	w.says("Prêt", "Ne faites partir que les lettres d’un seul de ces envois")
	w.examine("batch of letters in another form")
	before := site.failing.Store
	site.failing.Store = renamed{before, before.(registry.TargetingStore), before.(registry.LetterStore), before.(registry.AgentStore)}
	w.open(at + "/lettres")
	w.says("Téléchargement de l’envoi", "refusé", "Écrire de nouveau aux mêmes personnes")
	w.examine("letters refused")
	site.failing.Store = before
	w.follow("Retour aux envois")
	w.examine("batches of letters")
	w.unprinted("Pour écrire de nouveau aux personnes d’un envoi", "Sous quelle forme")
}

// Without scripts a page of a run comes anew by itself, until it is told not to, and a campaign is written whole.
func TestCampaignsWithoutScripts(t *testing.T) {
	w := newTab(t)
	w.withoutScript()
	w.enterAsAgent("campagne")
	w.open("/campagnes/nouvelle")
	w.fill("identifier", "sans-script")
	w.fill("name", "Sans script")
	w.fill("phase", "Essais")
	w.fill("rank", "2")
	w.fill("source", "Un avis")
	w.fill("opens", "18/1/2021")
	w.send("Ajouter un groupe")
	w.fill("1.age_at_most", "49")
	w.send("Retirer")
	w.send("Enregistrer la campagne")
	w.says("Campagne « Sans script » enregistrée", "de moins de 50 ans")
	w.open("/campagnes/sans-script/cibler")
	w.send("Préparer le ciblage")
	w.says("Décompte en cours")
	site.work(t)
	w.leave(func() {}) // by itself
	w.says("Aperçu", "Par département")
}

// The form of a campaign is gone through by keyboard: what has the focus is seen, nothing hidden ever has it, and
// boxes are ticked.
func TestACampaignIsWrittenByKeyboard(t *testing.T) {
	w := newTab(t)
	w.enterAsAgent("campagne")
	w.open("/campagnes/nouvelle")
	w.reachField("identifier")
	for _, text := range []string{"au-clavier", "Au clavier", "Essais", "3", "Un avis", "18/1/2021"} {
		w.keyIn(text)
		w.tab()
	}
	w.reachField("0.residence")
	w.press(" ")
	w.reach("the boxes that are folded", func(f focus) bool { return f.Tag == "SUMMARY" && strings.Contains(f.Text, "Lieux de vie exclus") })
	w.press(kb.Enter)
	w.reachField("0.not_residence-2")
	w.press(" ")
	w.reachField("0.any_comorbidity")
	w.enter("Enregistrer la campagne")
	w.says("Campagne « Au clavier » enregistrée", "qui vivent à domicile et qui ne vivent pas en EHPAD")
	w.quiet()
}
