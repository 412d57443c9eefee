package webtest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// runDone is a run over these persons that was carried out, and the address of its letters.
func (h *house) runDone(t *testing.T, first, second *webtest.Browser) string {
	t.Helper()
	campaignForm(first, "lettres").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/lettres/cibler")).Want(http.StatusOK)
	h.work(t)
	confirmed(second, second.Get("/ciblages/1/approuver")).Want(http.StatusOK)
	second.Get("/ciblages/1/envois").Want(http.StatusOK, "n’est pas encore exécuté").Not("Préparer un envoi")
	second.Post("/ciblages/1/envois", url.Values{"kind": {"pdf"}}).Want(http.StatusConflict, "pas encore exécuté")
	h.work(t)
	return second.Get("/ciblages/1").Want(http.StatusOK, "Exécuté").Link("Lettres : préparer et suivre les envois")
}

// letters makes the letters that were asked for, as a server does by itself.
func (h *house) letters(t *testing.T) {
	t.Helper()
	cases := registry.New(h.failing)
	cases.Security = h.clock.Now
	if _, err := cases.WorkBatches(t.Context(), operator, document.Printer(registry.LetterTexts{})); err != nil {
		t.Fatal(err)
	}
}

func TestLettersAreAskedForMadeAndTakenAway(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	people := h.ofSeventyFive(t, 3, "75011")
	nowhere := h.patient(t, func(p *registry.ImportedPerson) { p.Patient.Contact = registry.Contact{} })
	h.patient(t, func(p *registry.ImportedPerson) { p.Patient.Locality.Name = strings.Repeat("\uFDFA", 60) }) // each a sentence on paper
	at := h.runDone(t, first, second)
	page := second.Get(at).Want(http.StatusOK, "Aucun envoi n’a encore été préparé", "5 personnes ont reçu un code.",
		"n’ont pas d’adresse utilisable. Aucune lettre ne part à l’étranger.")
	wrong := page.Form("kind").Fill("kind", "papyrus").Send(second).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger")
	if !strings.Contains(wrong.Error("kind"), "Choisissez la forme") {
		t.Errorf("beside the form: %q", wrong.Error("kind"))
	}
	asked := page.Form("kind").Send(second).Want(http.StatusOK, "Envoi C1-0001 demandé", "Choix des destinataires", "s’actualise toutes les 10 secondes")
	if asked.Header.Get("Refresh") != "10" || second.Get(asked.Link("Arrêter l’actualisation")).Header.Get("Refresh") != "" {
		t.Error("the page comes anew when it must not, or does not when it must")
	}
	page.Form("kind").Fill("request", "another").Send(second).Want(http.StatusConflict, "Un autre envoi de ce ciblage")
	if again := page.Form("kind").Send(second).Want(http.StatusOK, "Envoi C1-0001"); again.URL.Path != asked.URL.Path {
		t.Errorf("the form sent again leads to %s", again.URL.Path)
	}
	second.Get(asked.URL.Path+"/lettres").Want(http.StatusConflict, "encore en préparation")
	second.Get(at).Want(http.StatusOK, "Un envoi est en préparation").Not("Préparer un envoi")

	h.letters(t)
	made := second.Get(asked.URL.Path).Want(http.StatusOK, "Prêt", "3 lettres", "donne exactement le même fichier").Not("s’actualise")
	if made.Row("unaddressed") != "2" || made.Row("vaccinated") != "0" || made.Row("letters") != "3" {
		t.Errorf("rows: %q %q %q", made.Row("unaddressed"), made.Row("vaccinated"), made.Row("letters"))
	}
	if !strings.HasPrefix(made.Row("places"), "Aucun") { // nobody told where anything is
		t.Errorf("places: %q", made.Row("places"))
	}
	if strings.Contains(made.Body, " download") { // a browser told so shows no page that says why letters are refused
		t.Error("the link to the letters is marked as a download")
	}
	file := second.Get(made.Link("Télécharger les lettres")).Want(http.StatusOK)
	digest := sha256.Sum256([]byte(file.Body))
	if !strings.HasPrefix(file.Body, "%PDF") || made.Row("digest") != hex.EncodeToString(digest[:]) ||
		file.Header.Get("Content-Disposition") != `attachment; filename="lettres-C1-0001.pdf"` {
		t.Errorf("digest %q, %q", made.Row("digest"), file.Header.Get("Content-Disposition"))
	}
	if again := second.Get(asked.URL.Path + "/lettres").Want(http.StatusOK); again.Body != file.Body {
		t.Error("the same letters are other bytes")
	}
	seen := second.Get(asked.URL.Path).Want(http.StatusOK)
	if !strings.HasPrefix(seen.Row("delivery2"), "Vous, le") {
		t.Errorf("deliveries: %q", seen.Row("delivery2"))
	}
	for _, p := range append(people, nowhere) {
		for _, shown := range []*webtest.Page{seen, second.Get(at)} {
			shown.Not(secrets(p)[:5]...)
			shown.Not(h.record(t, p.ID).Code.Format())
		}
	}

	again := seen.Form("again").Fill("sure", "on").Send(second).Want(http.StatusOK, "Envoi C1-0002 demandé")
	if twice := seen.Form("again").Fill("sure", "on").Send(second).Want(http.StatusOK); twice.URL.Path != again.URL.Path {
		t.Errorf("the form sent again leads to %s", twice.URL.Path)
	}
	h.letters(t)
	if next := second.Get(again.URL.Path).Want(http.StatusOK, "Prêt"); next.Row("again") != "C1-0001" || next.Row("letters") != "3" {
		t.Errorf("to the same persons: %q, %q", next.Row("again"), next.Row("letters"))
	}
	empty := second.Get(at).Form("kind").Send(second).Want(http.StatusOK)
	h.letters(t)
	none := second.Get(empty.URL.Path).Want(http.StatusOK, "Personne à qui écrire").Not("Télécharger")
	if none.Row("written") != "3" || none.Row("unaddressed") != "2" {
		t.Errorf("left out: %q, %q", none.Row("written"), none.Row("unaddressed"))
	}
	lines := second.Get(at).Form("kind").Fill("kind", "csv").Send(second).Want(http.StatusOK)
	h.letters(t)
	if wide := second.Get(lines.URL.Path).Want(http.StatusOK, "1 lettre"); wide.Row("written") != "3" || wide.Row("unaddressed") != "1" {
		t.Errorf("left out of lines of CSV, which have room for more than a window: %q, %q", wide.Row("written"), wide.Row("unaddressed"))
	}
	refused := second.Get(empty.URL.Path+"/lettres").Want(http.StatusConflict, "Action impossible", "aucune lettre", "Vérifiez qui a été laissé de côté").Not("Saisie non enregistrée")
	if back := refused.Link("Retour à l’envoi"); back != empty.URL.Path {
		t.Errorf("letters that are refused lead back to %q", back)
	}
	for _, unknown := range []string{"/ciblages/1/envois/9", "/ciblages/1/envois/0", "/ciblages/1/envois/x", "/ciblages/01/envois/1", "/ciblages/1/envois/01", "/ciblages/1/envois/+1", "/ciblages/9/envois", "/ciblages/1/envois/9/lettres"} {
		second.Get(unknown).Want(http.StatusNotFound).Not("Retour à l’envoi")
		if strings.Contains(unknown, "envois/") && !strings.HasSuffix(unknown, "/lettres") {
			second.Post(unknown, url.Values{"kind": {"csv"}, "known": {"3"}, "sure": {"on"}}).Want(http.StatusNotFound)
		}
	}
	second.Get("/ciblages/9/envois/1").Want(http.StatusNotFound, "Ce ciblage n’existe pas")
	for _, forged := range []url.Values{{"kind": {"pdf"}, "known": {"x"}}, {"kind": {"pdf"}, "known": {"-1"}}, {"kind": {"pdf"}, "known": {"3"}, "again": {"7"}}, {"kind": {"pdf"}, "known": {"3"}, "again": {"x"}}} {
		if page := second.Post(at, forged); page.Status != http.StatusConflict && page.Status != http.StatusNotFound {
			t.Errorf("%v: %d", forged, page.Status)
		}
	}

	officer := h.as(t, registry.RoleDataProtection)
	consult(officer).Want(http.StatusOK,
		"Demande d’un envoi de lettres, ciblage n° 1, envoi C1-0002", "Impression d’un envoi de lettres, ciblage n° 1, envoi C1-0001",
		"Remise d’un envoi de lettres, ciblage n° 1, envoi C1-0001")
	if e := h.logged(t, registry.ActionDeliverLetters); len(e) != 4 || !strings.HasSuffix(e[1].Digest, made.Row("digest")) {
		t.Errorf("logged %+v", e)
	}
}

// The printer wants lines of CSV once there is a PDF: whoever asks for them knows of the letters that there are.
func TestTheSamePersonsAreWrittenToInAnotherForm(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	second.Get(at).Want(http.StatusOK).Not("aux personnes d’un envoi")
	pdf := second.Get(at).Form("kind").Send(second).URL.Path
	h.letters(t)
	elsewhere := second.Get(at).Want(http.StatusOK, "Pour écrire de nouveau aux personnes d’un envoi, par exemple sous une autre forme, ouvrez-le").
		Form("kind").Fill("kind", "csv").Send(second).URL.Path
	h.letters(t)
	second.Get(elsewhere).Want(http.StatusOK, "Personne à qui écrire", "sous une autre forme, ouvrez celui-là").Not("Télécharger")

	// Nobody has the PDF: nothing to be sure of, and the form asked for is the same unless another is chosen.
	asks := second.Get(pdf).Want(http.StatusOK, "L’imprimeur demande une autre forme").Not("déjà remises", "aussi une lettre")
	if form := asks.Form("again"); form.Values.Get("kind") != "pdf" {
		t.Errorf("the form chosen is %q", form.Values.Get("kind"))
	}
	stale := second.Get(pdf).Form("again").Fill("kind", "csv")
	csv := asks.Form("again").Fill("kind", "csv").Send(second).Want(http.StatusOK, "Envoi C1-0003 demandé").URL.Path
	stale.Send(second).Want(http.StatusConflict, "Un autre envoi de ce ciblage")
	h.letters(t)
	made := second.Get(csv).Want(http.StatusOK, "Prêt", "lettres-C1-0003.csv",
		"Ces personnes ont aussi une lettre dans C1-0001 (PDF à imprimer, prêt). Ne faites partir que les lettres d’un seul de ces envois, sauf si ces personnes doivent en recevoir plusieurs.")
	if made.Row("again") != "C1-0001" || made.Row("letters") != "2" || made.Row("kind") != "CSV de publipostage" {
		t.Errorf("%q, %q, %q", made.Row("again"), made.Row("letters"), made.Row("kind"))
	}
	second.Get(pdf).Want(http.StatusOK, "aussi une lettre dans C1-0003 (CSV de publipostage, prêt)").Not("C1-0002")
	second.Get(at).Want(http.StatusOK, "Mêmes personnes que C1-0001")

	// Somebody took the PDF between the page and the form: to write to them once more has to be meant, of whichever of the batches.
	unaware := second.Get(csv).Form("again").Fill("kind", "pdf")
	second.Get(pdf + "/lettres").Want(http.StatusOK)
	for _, form := range []*webtest.Form{unaware, second.Get(pdf).Want(http.StatusOK, "C1-0001 (1 remise, la dernière le").Form("again").Fill("kind", "csv")} {
		asked := form.Send(second).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger", "Si elles partent aussi, ces personnes en recevront deux")
		if !strings.Contains(asked.Error("sure"), "Cochez cette case si les lettres déjà remises ne partiront pas") {
			t.Errorf("beside the box: %q", asked.Error("sure"))
		}
		if again := asked.Form("again"); again.Values.Get("kind") != form.Values.Get("kind") || again.Values.Get("request") != form.Values.Get("request") {
			t.Errorf("what was asked for is lost: %q", again.Values.Get("kind"))
		}
	}
	wrong := second.Get(pdf).Form("again").Fill("kind", "papyrus").Send(second).Want(http.StatusUnprocessableEntity, "Envoi C1-0001")
	if !strings.Contains(wrong.Error("kind"), "Choisissez la forme") {
		t.Errorf("beside the form: %q", wrong.Error("kind"))
	}
	sure := unaware.Fill("sure", "on").Send(second).Want(http.StatusOK, "Envoi C1-0004 demandé").URL.Path
	h.letters(t)
	second.Get(sure).Want(http.StatusOK, "Prêt", "C1-0001 (PDF à imprimer, prêt) et C1-0003 (CSV de publipostage, prêt)", "lettres-C1-0004.pdf",
		"C1-0001 (1 remise, la dernière le", "Si elles partent aussi, ces personnes en recevront deux")
	second.Post(at, url.Values{"kind": {"pdf"}, "known": {"4"}, "again": {"9"}}).Want(http.StatusNotFound)
	second.Do(second.Request(http.MethodHead, sure+"/lettres", nil)).Want(http.StatusOK)
	if second.Get(sure).Row("delivery1") != "" {
		t.Error("to ask about letters delivers them")
	}
	for batch, kind := range map[string]string{csv: "text/csv; charset=utf-8", sure: "application/pdf"} {
		if got := second.Get(batch + "/lettres").Want(http.StatusOK).Header.Get("Content-Type"); got != kind {
			t.Errorf("the letters of %s are sent as %q", batch, got)
		}
	}
	second.Get(pdf).Want(http.StatusOK, ") et C1-0004 (1 remise, la dernière le", "Si elles partent aussi, ces personnes en recevront plusieurs")
}

func TestABatchIsDroppedBeforeItIsReady(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	asked := second.Get(at).Form("kind").Send(second).Want(http.StatusOK)
	ask := first.Get(asked.Link("Abandonner cet envoi")).Want(http.StatusOK, "Abandonner l’envoi C1-0001", "Retour à l’envoi, sans rien changer")
	if !strings.HasPrefix(ask.Row("asked"), hugoNamed) {
		t.Errorf("asked for by %q", ask.Row("asked"))
	}
	dropped := confirmed(first, ask).Want(http.StatusOK, "Envoi C1-0001 abandonné", "Abandonné", "peuvent être dans un autre").
		Not("Abandonner cet envoi", "Télécharger", "s’actualise", "Personnes laissées de côté", "Écrire de nouveau")
	if dropped.URL.Path != asked.URL.Path {
		t.Errorf("led to %s", dropped.URL.Path)
	}
	if mine, theirs := dropped.Row("dropped"), second.Get(asked.URL.Path).Row("dropped"); !strings.HasPrefix(mine, "Vous, le") || !strings.HasPrefix(theirs, leaNamed) {
		t.Errorf("dropped by %q, and by %q", mine, theirs)
	}
	if why := dropped.Row("reason"); why != "" {
		t.Errorf("dropped by somebody, for the reason %q", why)
	}
	first.Post(ask.URL.Path, nil).Want(http.StatusOK, "Abandonné") // sent twice
	second.Get(asked.URL.Path+"/lettres").Want(http.StatusConflict, "a été abandonné", "Préparez un autre envoi", "Retour à l’envoi")
	h.letters(t)
	next := second.Get(at).Want(http.StatusOK, "Abandonné", "Préparer un envoi").Form("kind").Send(second).Want(http.StatusOK, "Envoi C1-0002 demandé")
	h.letters(t)
	ready := second.Get(next.URL.Path).Want(http.StatusOK, "Prêt", "2 lettres").Not("Abandonner")
	if page := second.Get(ready.URL.Path + "/abandonner"); page.URL.Path != ready.URL.Path {
		t.Errorf("led to %s", page.URL.Path)
	}
	second.Post(ready.URL.Path+"/abandonner", nil).Want(http.StatusConflict, "ne peut plus être abandonné")
	for _, unknown := range []string{"9", "0", "x", "-1", "02", "+2"} {
		second.Get("/ciblages/1/envois/"+unknown+"/abandonner").Want(http.StatusNotFound, "n’existe pas")
		second.Post("/ciblages/1/envois/"+unknown+"/abandonner", nil).Want(http.StatusNotFound, "n’existe pas")
	}
	h.failing.Fail("DropBatch", errDisk)
	open := second.Get(at).Form("kind").Send(second).Want(http.StatusOK)
	second.Post(open.URL.Path+"/abandonner", nil).Want(http.StatusInternalServerError).Not("sector")
	h.as(t, registry.RoleSupport).Post(open.URL.Path+"/abandonner", nil).Want(http.StatusForbidden)
	consult(h.as(t, registry.RoleDataProtection)).Want(http.StatusOK, "Abandon d’un envoi de lettres, ciblage n° ")
}

func TestABatchThatFailedSaysSoUntilItIsMade(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	asked := second.Get(at).Form("kind").Send(second).Want(http.StatusOK).Not("a échoué")
	cases := registry.New(h.failing)
	cases.Security = h.clock.Now
	h.failing.Fail("FinishBatch", errDisk)
	if _, err := cases.WorkBatches(t.Context(), operator, document.Printer(registry.LetterTexts{})); err == nil {
		t.Fatal("it does not fail")
	}
	first.Get(asked.URL.Path).Want(http.StatusOK, "La préparation de cet envoi a échoué la dernière fois, le ", "réessaie de lui-même", "Abandonner cet envoi").Not("sector")
	first.Get(at).Want(http.StatusOK, "Mise en page, dernier essai en échec")
	h.failing.Fail("FinishBatch", nil)
	h.clock.Set(h.clock.Now().Add(5 * time.Minute)) // nobody is at work on it any more
	h.letters(t)
	for _, page := range []string{asked.URL.Path, at} {
		first.Get(page).Want(http.StatusOK, "Prêt").Not("a échoué", "en échec")
	}
}

func TestABatchThatTheServiceDropsSaysWhy(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	for why, says := range map[registry.DropReason]string{
		registry.DropObjecting: "au moins un destinataire s’est opposé", registry.DropDeceased: "au moins un destinataire est décédé",
		registry.DropClosed: "au moins un lieu de vaccination indiqué",
	} {
		asked := second.Get(at).Form("kind").Send(second).Want(http.StatusOK)
		all, err := h.store.Batches(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		event := registry.Event{At: h.clock.Now(), Action: registry.ActionDropLetters}
		if err := h.store.DropBatch(t.Context(), all[len(all)-1], registry.BatchDrop{By: "service", At: h.clock.Now(), Reason: why}, event); err != nil {
			t.Fatal(err)
		}
		page := second.Get(asked.URL.Path).Want(http.StatusOK, "Le service a abandonné cet envoi avant qu’il soit prêt : "+says)
		if !strings.HasPrefix(page.Row("dropped"), "Le service, le") || !strings.HasPrefix(page.Row("reason"), "Au moins un") {
			t.Errorf("dropped by %q: %q", page.Row("dropped"), page.Row("reason"))
		}
	}
}

func TestLettersThatBreakOffAreNotTakenForWhole(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 60, "75011") // more than a server keeps before it sends
	at := h.runDone(t, first, second)
	asked := second.Get(at).Form("kind").Fill("kind", "csv").Send(second).Want(http.StatusOK)
	h.letters(t)
	h.failing.Fail("Deliver", errDisk)
	second.Get(asked.URL.Path + "/lettres").Want(http.StatusInternalServerError).Not("sector")
	h.failing.Fail("Deliver", nil)
	h.failing.Fail("Letters", errDisk)
	second.Get(asked.URL.Path + "/lettres").Want(http.StatusInternalServerError)
	h.failing.Fail("Letters", nil)
	// Someone changes their name between the check and the last letter: the connection ends before the file does, which may be as
	// long as the batch's.
	store := h.failing.Store
	for what, name := range map[string]func(string) string{
		"longer":             func(name string) string { return name + " Autrement" },
		"shorter":            func(string) string { return "A" },
		"of the same length": func(name string) string { return strings.Repeat("X", len(name)) },
	} {
		h.failing.Store = &renaming{
			LetterStore: store.(registry.LetterStore), Store: store, TargetingStore: store.(registry.TargetingStore), AgentStore: h.store, name: name,
		}
		client := http.Client{Jar: second.Jar}
		answer, err := client.Do(second.Request(http.MethodGet, asked.URL.Path+"/lettres", nil))
		if err != nil {
			continue // it broke off before the headers
		}
		if text, err := io.ReadAll(answer.Body); err == nil {
			t.Errorf("a file that is not the batch's, %s, ends as if it were whole: %d, %d of %d bytes", what, answer.StatusCode, len(text), answer.ContentLength)
		}
		_ = answer.Body.Close()
	}
}

// renaming is a store in which someone has another name from the second reading of letters on.
type renaming struct {
	registry.Store
	registry.TargetingStore
	registry.LetterStore
	registry.AgentStore
	name func(string) string
	read int
}

// Letters returns the letters.
func (r *renaming) Letters(ctx context.Context, key registry.BatchKey, after, limit int) ([]registry.Recipient, error) {
	all, err := r.LetterStore.Letters(ctx, key, after, limit)
	if r.read++; r.read > 1 && len(all) > 0 {
		last := &all[len(all)-1]
		last.UsedName = r.name(last.UsedName)
	}
	return all, err
}

// A delivery is an entry of the log and stands on the page of the batch: a link of another site makes none.
func TestLinksOfOtherSitesTakeNoLettersAway(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	asked := second.Get(h.runDone(t, first, second)).Form("kind").Send(second).Want(http.StatusOK)
	h.letters(t)
	for _, site := range []string{"cross-site", "same-site"} {
		r := second.Request(http.MethodGet, asked.URL.Path+"/lettres", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		page := second.Do(r).Want(http.StatusOK, "Prêt", "Télécharger les lettres")
		if page.URL.Path != asked.URL.Path || page.Row("delivery1") != "" {
			t.Errorf("from %s: %s, delivered %q", site, page.URL.Path, page.Row("delivery1"))
		}
	}
	for i, site := range []string{"same-origin", "none", ""} { // ours, typed, or of a browser that does not tell
		r := second.Request(http.MethodGet, asked.URL.Path+"/lettres", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		second.Do(r).Want(http.StatusOK)
		if got := second.Get(asked.URL.Path).Row("delivery" + strconv.Itoa(i+1)); got == "" {
			t.Errorf("from %q: not delivered", site)
		}
	}
}

// While another batch is being made no form is shown: who signs in again is told that what they chose is kept, and finds it once that is done.
func TestWhatIsAskedOfLettersIsKeptWhileOthersAreMade(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	second.Get(at).Form("kind").Send(second).Want(http.StatusOK, "C1-0001 demandé")
	h.letters(t)
	for _, address := range []string{at, at + "/1"} {
		form := second.Get(address).Form("kind").Fill("kind", "csv")
		h.expire(second)
		expired := form.Send(second).Want(http.StatusUnauthorized, "Votre saisie est conservée")
		first.Get(at).Form("kind").Send(first).Want(http.StatusOK, "demandé")
		back := h.enter(second, "campagne-2", expired.Link("Vous êtes agent")).
			Want(http.StatusOK, "n’a pas été demandé", "Votre saisie est conservée 4 heures au plus").Not("vérifiez-la")
		if back.URL.Path != address {
			t.Errorf("what was chosen at %s is told of at %s", address, back.URL.Path)
		}
		h.letters(t)
		again := second.Get(address).Want(http.StatusOK, "Votre saisie a été conservée").Form("kind")
		if again.Values.Get("kind") != "csv" {
			t.Errorf("%s: chosen was csv, and %q comes back", address, again.Values.Get("kind"))
		}
		second.Get(address)
	}
}

// What was chosen for letters comes back where it was chosen, also to persons who were written to: nobody is led to another form.
func TestWhatIsAskedOfLettersOutlivesTheSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	for _, c := range []struct{ address, field, says string }{{at, "kind", "C1-0001 demandé"}, {at + "/1", "again", "C1-0002 demandé"}} {
		form := second.Get(c.address).Form(c.field).Fill("kind", "csv")
		if c.field == "again" {
			form.Fill("sure", "on")
		}
		h.expire(second)
		expired := form.Send(second).Want(http.StatusUnauthorized, "Votre saisie est conservée")
		back := h.enter(second, "campagne-2", expired.Link("Vous êtes agent")).Want(http.StatusOK, "Votre saisie a été conservée")
		if back.URL.Path != c.address {
			t.Errorf("what was chosen at %s comes back at %s", c.address, back.URL.Path)
		}
		sameValues(t, form.Values, back.Form(c.field).Values, "")
		second.Get(at).Want(http.StatusOK, "Envois du ciblage") // wherever one was, the list stays a list
		back.Form(c.field).Send(second).Want(http.StatusOK, c.says)
		if c.field == "again" {
			second.Get(c.address).Want(http.StatusOK, "quand il sera terminé, vous pourrez écrire de nouveau")
		}
		h.letters(t)
		second.Get(c.address).Want(http.StatusOK, "Préparer").Not("Votre saisie a été conservée")
		second.Get(at + "/1/lettres").Want(http.StatusOK)
	}
	second.Get(at+"/2").Want(http.StatusOK, "CSV de publipostage", "Mêmes personnes que")
}

// Letters that cannot be had as they were are answered by what is left to do, without being offered once more.
func TestLettersThatAreRefusedAreOfferedNoMore(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	people := h.ofSeventyFive(t, 2, "75011")
	at := h.runDone(t, first, second)
	second.Get(at).Form("kind").Send(second).Want(http.StatusOK)
	h.letters(t)
	second.Get(at+"/1").Want(http.StatusOK, "Télécharger les lettres")
	agent := h.as(t, registry.RoleDataProtection)
	stated(sought(agent, people[0].Patient.Holder.Format()), "01/02/2021", "mail").Send(agent).Want(http.StatusOK, "Opposition enregistrée")
	refused := second.Get(at+"/1/lettres").Want(http.StatusConflict, "Téléchargement de l’envoi C1-0001 refusé", "1 destinataire s’est opposé", "Écrire de nouveau aux mêmes personnes").
		Not("Télécharger les lettres", "Remise n°", "Prêt")
	refused.Form("again").Send(second).Want(http.StatusOK, "C1-0002 demandé")
	h.letters(t)
	second.Get(at+"/2").Want(http.StatusOK, "1 lettre", "Télécharger les lettres")
}
