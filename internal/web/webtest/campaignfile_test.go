package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// Each campaign has its file on its page and in the list, which says what stands.
func TestTheFileOfACampaignSaysWhatStands(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	campaignForm(manager, "fichier-essai").Fill("closes", "31/3/2021", "0.departments", "2a, 75").Send(manager).Want(http.StatusOK)
	manager.Get("/campagnes/fichier-essai/modifier").Form("name").Fill("name", "Dite «\u00a0bis\u00a0» \"et\" \\").Send(manager).Want(http.StatusOK)
	for _, from := range []string{"/campagnes", "/campagnes/fichier-essai/modifier"} {
		link := "Fichier"
		if from != "/campagnes" {
			link = "Télécharger le fichier de cette campagne"
		}
		file := other.Get(other.Get(from).Link(link)).Want(http.StatusOK)
		if file.Header.Get("Content-Type") != "application/toml" || file.Header.Get("Content-Disposition") != `attachment; filename="fichier-essai.toml"` {
			t.Errorf("from %s it is sent as %v", from, file.Header)
		}
		s, err := referential.NewSource("f", strings.NewReader(file.Body))
		if err != nil {
			t.Fatal(err)
		}
		got, remarks, err := referential.ReadCampaign(s)
		if err != nil || len(remarks) > 0 {
			t.Fatal(err, remarks)
		}
		all, err := h.store.Campaigns(t.Context())
		if err != nil || len(all) != 1 || all[0].Version != 2 {
			t.Fatal(all, err)
		}
		if diff := cmp.Diff(all[0].Campaign, got); diff != "" {
			t.Error(diff)
		}
	}
}

// goodFile is the file of a campaign of two groups.
const goodFile = `# Apportée par le département
identifiant = "apportee"
nom = "65 à 74 ans de l’Ain"
phase = "Ouvertures"
ordre = 3
ouverture = 2021-03-27
source = "Instruction du 26 mars 2021"

[[groupe]]
age_minimum = 65
age_maximum = 74
departements = ["01"]

[[groupe]]
metiers = ["POMPIER"]
codes_postaux = ["01000"]
`

// bring sends the page by its button with a file.
func bring(b *webtest.Browser, f *webtest.Form, text string) *webtest.Page {
	b.T.Helper()
	return f.SendFile(b, "remplir", "fichier", "campagne.toml", []byte(text))
}

func TestAFileFillsInACampaignThatIsReadAndThenSaved(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	page := bring(manager, campaignForm(manager, "tapee"), "\ufeff"+strings.ReplaceAll(goodFile, "\n", "\r\n")).Want(http.StatusOK, "Vérification : qui est concerné",
		"Le formulaire est rempli avec votre fichier", "de 65 à 74 ans inclus", "qui habitent dans le département 01", "Rien n’est encore enregistré")
	if all, err := h.store.Campaigns(t.Context()); err != nil || len(all) != 0 || len(h.logged(t, registry.ActionSaveCampaign)) != 0 {
		t.Errorf("to bring a file saves %v, %v", all, err)
	}
	f := page.Form("identifier")
	for field, want := range map[string]string{
		"identifier": "apportee", "name": "65 à 74 ans de l’Ain", "rank": "3", "opens": "27/03/2021", "closes": "", "groups": "2",
		"0.age_at_least": "65", "0.departments": "01", "1.occupation": "POMPIER", "1.postal_codes": "01000",
	} {
		if got := f.Values.Get(field); got != want {
			t.Errorf("%s holds %q", field, got)
		}
	}
	f.Send(manager).Want(http.StatusOK, "Campagne « 65 à 74 ans de l’Ain » enregistrée")
	all, err := h.store.Campaigns(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != "apportee" || all[0].Version != 1 || !strings.HasSuffix(all[0].SavedBy, "campagne") {
		t.Errorf("kept %+v, %v", all, err)
	}
	if e := h.logged(t, registry.ActionSaveCampaign); len(e) != 1 || e[0].Role != registry.RoleCampaign || e[0].Digest != "apportee" {
		t.Errorf("logged %+v", e)
	}
}

func TestAFileOfACampaignThatIsThereCorrectsItFromItsPageAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	bring(manager, manager.Get("/campagnes/nouvelle").Form("identifier"), goodFile).Form("identifier").Send(manager).Want(http.StatusOK, "enregistrée")
	campaignForm(manager, "autre").Send(manager).Want(http.StatusOK, "enregistrée")
	changed := strings.Replace(goodFile, "age_minimum = 65", "age_minimum = 60", 1)

	// A new campaign may not bear the identifier of one that is there: its page is a link away.
	page := bring(manager, manager.Get("/campagnes/nouvelle").Form("identifier"), changed).Want(http.StatusConflict, "Une campagne porte déjà cet identifiant",
		"Ce qui est enregistré", "le formulaire est rempli avec votre fichier").Not("Si cette phrase est juste", "telle que vous l’avez laissée")
	if !strings.Contains(page.Row("sentence"), "de 65 à 74 ans") || page.Form("identifier").Values.Get("0.age_at_least") != "60" {
		t.Errorf("recorded %q, brought %v", page.Row("sentence"), page.Form("identifier").Values)
	}
	own := other.Get(page.Link("Modifier « 65 à 74 ans de l’Ain »"))
	if own.URL.Path != "/campagnes/apportee/modifier" {
		t.Errorf("its page is %s", own.URL.Path)
	}
	own.Want(http.StatusOK)
	bring(other, own.Form("name"), goodFile).Want(http.StatusOK, "Votre fichier dit exactement ce qui est déjà enregistré")
	corrected := bring(other, own.Form("name"), changed).Want(http.StatusOK, "de 60 à 74 ans inclus", "Le formulaire est rempli")
	corrected.Form("name").Send(other).Want(http.StatusOK, "enregistrée", "de 60 à 74 ans inclus")

	// Who brings the file of another campaign is told so, and nothing moves.
	page = bring(manager, manager.Get("/campagnes/autre/modifier").Form("name").Fill("name", "Tapé"), goodFile).Want(http.StatusUnprocessableEntity, "celui d’une autre campagne")
	if !strings.Contains(page.Error("fichier"), "« apportee »") || page.Form("name").Values.Get("name") != "Tapé" {
		t.Errorf("beside the file %q, typed %v", page.Error("fichier"), page.Form("name").Values)
	}
	// Who brings a file on a page that was overtaken sees what stands before it is replaced.
	late := bring(manager, own.Form("name"), goodFile).Want(http.StatusOK).Form("name")
	if late.Values.Get("from") != "1" {
		t.Errorf("the file makes the page one of version %q", late.Values.Get("from"))
	}
	late.Send(manager).Want(http.StatusConflict, "entre-temps", "Ce qui est enregistré")
	all, err := h.store.Campaigns(t.Context())
	if err != nil || len(all) != 2 || all[0].Version+all[1].Version != 3 {
		t.Errorf("kept %+v, %v", all, err)
	}
}

// Every fault of a file is told with its line and its key, and leads to where another file is chosen; the form is as it was typed.
func TestAFileWithFaultsLosesNothingThatWasTyped(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	f := campaignForm(manager, "tapee")
	f.Values["0.residence"] = []string{"EHPAD", "USLD"}
	many := strings.Replace(goodFile, `ordre = 3`, `ordre = "trois"`, 1)
	many = strings.Replace(many, `age_maximum`, `age_maximun`, 1)
	many = strings.Replace(many, `["01"]`, `["96", "1"]`, 1)
	for _, tt := range []struct {
		name string
		file string
		says []string
	}{
		{"several", many, []string{"Ligne 5, ordre : Écrivez ici un nombre entier", "Ligne 11, age_maximun : Cette clé n’existe pas. Vouliez-vous écrire « age_maximum »", "Ligne 12, departements", "« 96 » et « 1 »"}},
		{"one", strings.Replace(goodFile, "POMPIER", "POMPIERS", 1), []string{"Ligne 15, metiers : Une valeur de cette liste n’est pas possible", "« POMPIERS »"}},
		{"one that lacks", strings.Replace(goodFile, "ouverture = 2021-03-27\n", "", 1), []string{"ouverture : Indiquez le jour d’ouverture"}},
		{"too many", goodFile + strings.Repeat("[[groupe]]\nsexe = 3\n", 100), []string{"Ligne 20, sexe", "autres points à corriger"}},
		{"empty", "", []string{"Ce fichier est vide"}},
		{"blank", "\n\n", []string{"identifiant : Donnez un identifiant"}},
		{"UTF-16", "\xff\xfei\x00d\x00", []string{"en UTF-16. Enregistrez-le en UTF-8"}},
		{"Windows-1252", strings.NewReplacer("à", "\xe0", "é", "\xe9", "’", "\x92").Replace(goodFile), []string{"n’est pas en UTF-8"}},
		{"Windows-1252 in part", strings.Replace(goodFile, "à", "\xe0", 1), []string{"Ligne 3 : Un caractère de cette ligne n’est pas en UTF-8"}},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", []string{"n’est pas un fichier texte"}},
		{"a workbook", "PK\x03\x04" + strings.Repeat("x", 70_000), []string{"archive ou un classeur"}},
		{"CSV", "nom;prénom\nDurand;Jeanne\n", []string{"Ligne 1 : Cette ligne ne se lit pas"}},
		{"64 KiB and a byte", goodFile + strings.Repeat("#", 64<<10+1-len(goodFile)), []string{"dépasse 64 Kio"}},
		{"5 MB", strings.Repeat("# rien\n", 5_000_000/7), []string{"dépasse 64 Kio"}},
		{"tables in tables", "a = " + strings.Repeat("{b=", 15_000), []string{"Ligne 1", "trop de tables"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			manager := &webtest.Browser{T: t, Base: manager.Base, Jar: manager.Jar}
			page := bring(manager, f, tt.file).Want(http.StatusUnprocessableEntity, append(tt.says, "Fichier à corriger")...).Not("Durand")
			list := page.Root.All(func(n *webtest.Node) bool { return strings.Contains(n.Attr("class"), "govuk-error-summary__list") })[0].Tags("a")
			if len(list) > 31 {
				t.Errorf("%d faults are told", len(list))
			}
			for _, link := range list {
				if link.Attr("href") != "#fichier" {
					t.Errorf("« %s » leads to %s", link.Content(), link.Attr("href"))
				}
			}
			sameValues(t, f.Values, page.Form("identifier").Values, "")
		})
	}
	whole := bring(manager, f, goodFile+strings.Repeat("#", 64<<10-len(goodFile))).Want(http.StatusOK).Form("identifier")
	if whole.Values.Get("identifier") != "apportee" {
		t.Error("a file of 64 KiB is not read")
	}
	f.SendFile(manager, "remplir", "fichier", "", nil).Want(http.StatusUnprocessableEntity, "Choisissez d’abord le fichier")
	press(manager, f, "remplir").Want(http.StatusUnprocessableEntity, "Choisissez d’abord le fichier")
	if len(h.logged(t, registry.ActionSaveCampaign)) != 0 {
		t.Error("something was saved")
	}
}

// A file that was chosen and not brought is not passed over in silence, whatever button is pressed.
func TestAFileThatWasChosenAndNotBroughtIsTold(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	f := campaignForm(manager, "tapee")
	for _, button := range []string{"", "verifier"} {
		page := press(manager, f.Fill("fichier", "campagne.toml"), button).Want(http.StatusUnprocessableEntity, "Un fichier était choisi, et n’a pas rempli le formulaire").
			Not("Le fichier choisi n’a pas rempli")
		if page.Form("identifier").Values.Get("0.age_at_least") != "75" {
			t.Error("what was typed is lost")
		}
	}
	page := press(manager, f, "ajouter").Want(http.StatusOK, "Groupe 2", "Le fichier choisi n’a pas rempli le formulaire")
	if !strings.Contains(page.Body, `<details class="govuk-details" open>`) {
		t.Error("what takes the file again is folded")
	}
	press(manager, page.Form("identifier"), "ajouter").Want(http.StatusOK, "Groupe 3").Not("Le fichier choisi")
	f.SendFile(manager, "", "fichier", "campagne.toml", []byte(goodFile)).Want(http.StatusUnprocessableEntity, "Un fichier était choisi")
	press(manager, f.Fill("fichier", ""), "").Want(http.StatusOK, "enregistrée")
}

func TestWhatWasTypedBesideAFileOutlivesItsSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	f := campaignForm(manager, "gardee")
	h.expire(manager)
	bring(manager, f, goodFile).Want(http.StatusUnauthorized, "conservée")
	page := h.enter(manager, "campagne", "/connexion/agents").Want(http.StatusOK, "Votre saisie a été conservée", "Le fichier, lui, n’a pas été conservé")
	if page.Form("identifier").Values.Get("identifier") != "gardee" || page.Form("identifier").Values.Get("0.age_at_least") != "75" {
		t.Errorf("what was typed is lost: %v", page.Form("identifier").Values)
	}
}

// No other page reads a form with files, and nobody else's file is read.
func TestFilesAreTakenWhereTheyAreMeantAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	f := campaignForm(manager, "tapee")
	f.Action = "/campagnes/tapee/cibler"
	bring(manager, f, goodFile).Want(http.StatusNotFound)
	doctor, stranger := h.signIn(t, marchand), webtest.NewBrowser(t, h.base)
	f.Action = "/campagnes/nouvelle"
	bring(doctor, f, goodFile).Want(http.StatusForbidden)
	bring(stranger, f, goodFile).Want(http.StatusUnauthorized)
	bring(stranger, f, strings.Repeat("# rien\n", 2<<20/7)).Want(http.StatusUnprocessableEntity, "trop volumineux")
	// What stands beside the file is no larger than in any other form, nor in more parts.
	bring(manager, campaignForm(manager, "tapee").Fill("name", strings.Repeat("x", 2<<20)), goodFile).Want(http.StatusUnprocessableEntity, "trop volumineux")
	parts := campaignForm(manager, "tapee")
	parts.Values["x"] = make([]string, 20_000)
	bring(manager, parts, goodFile).Want(http.StatusUnprocessableEntity, "trop volumineux")
	for _, kind := range []string{"multipart/form-data", "multipart/form-data; boundary=x"} {
		r := manager.Request(http.MethodPost, "/campagnes/nouvelle", map[string][]string{"name": {"x"}})
		r.Header.Set("Content-Type", kind)
		manager.Do(r).Want(http.StatusUnprocessableEntity, "illisible")
	}
	if len(h.logged(t, registry.ActionSaveCampaign)) != 0 {
		t.Error("something was saved")
	}
	// Elsewhere such a form is read as one that holds nothing.
	campaignForm(manager, "tapee").Send(manager).Want(http.StatusOK, "enregistrée")
	bring(manager, manager.Get("/campagnes/tapee/cibler").Form("request"), goodFile).Want(http.StatusConflict, "Ciblage non préparé")
	if runs, err := h.store.Runs(t.Context(), 0, 10); err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}
