package web

import (
	"net/http"
	"strconv"
	"strings"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Envois» (TGT-5): the batches of letters of a run, and the page of one with whom it leaves out and why; its file is in
// letterfile.go.

const (
	fieldKnown = "known" // how many batches whoever asks for one has seen
	fieldAgain = "again" // which batch one more is to write to the persons of
)

// lettersTable registers the addresses of letters.
func (s *Server) lettersTable(t *table) {
	letters := func(pattern string, h pageOf) { s.entitled(t, pattern, registry.MayPrint, h) }
	letters("GET "+runsAddress+"/{run}/envois", s.batches)
	letters("POST "+runsAddress+"/{run}/envois", s.askBatch)
	letters("GET "+runsAddress+"/{run}/envois/{part}", s.batch)
	letters("POST "+runsAddress+"/{run}/envois/{part}", s.askBatch) // from its page, where the form comes back if the session ended
	letters("GET "+runsAddress+"/{run}/envois/{part}/lettres", s.batchFile)
	letters("GET "+runsAddress+"/{run}/envois/{part}/abandonner", s.dropBatchForm)
	letters("POST "+runsAddress+"/{run}/envois/{part}/abandonner", s.dropBatch)
}

func batchesAddress(run int) string { return runAddress(run) + "/envois" }

func batchAddress(key registry.BatchKey) string {
	return batchesAddress(key.Run) + "/" + strconv.Itoa(key.Part)
}

// batchLine is a batch in a list.
type batchLine struct {
	address, reference, again, kind, letters, out, asked string
	state                                                statusView
}

func batchLineOf(b registry.Batch, known people) batchLine {
	kinds := map[registry.BatchState]string{
		registry.BatchGathering: "progress", registry.BatchPrinting: "progress", registry.BatchPrinted: "done", registry.BatchEmpty: "none",
		registry.BatchDropped: "stopped",
	}
	state := statusView{kinds[b.State], b.State.Label()}
	if b.Failed() {
		state = statusView{"attention", state.text + lastTryFailed}
	}
	again := ""
	if b.Again > 0 {
		again = "Mêmes personnes que " + registry.BatchKey{Run: b.Run, Part: b.Again}.Reference()
	}
	return batchLine{
		again:   again,
		address: batchAddress(b.BatchKey), reference: b.Reference(), kind: b.Kind.Label(), letters: registry.FrenchNumber(b.Letters),
		out: registry.FrenchNumber(b.LeftOut.Sum()), asked: known.whoIs(b.AskedBy) + ", le " + registry.FrenchMoment(b.AskedAt, ""),
		state: state,
	}
}

type batchesView struct {
	page     ui.Page
	back     string
	address  string
	says     string
	targeted string // how many got a code, once they did
	form     ui.Form
	kind     ui.Radios
	known    string
	waits    bool // one is being made
	refresh  refreshView
	ready    bool   // so that letters may be asked for
	nothing  string // why there is no letter to prepare, where there is none
	ended    string
	lines    []batchLine
}

func (s *Server) batches(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = newForm()
		values.Set(registry.FieldBatchKind, string(registry.BatchPDF))
	}
	return s.showBatches(w, r, by, http.StatusOK, ui.Form{Values: values}, kept)
}

func (s *Server) showBatches(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, form ui.Form, kept bool) error {
	run, all, err := s.Registry.Batches(r.Context(), by, runNumber(r))
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	view := batchesView{
		page: s.page(r, "Envois du ciblage n°"+nbsp+strconv.Itoa(run.Number)), back: runAddress(run.Number), address: batchesAddress(run.Number),
		says: together(run.Campaign.Name), form: form, known: strconv.Itoa(len(all)), kind: kindRadios(),
		waits: len(all) > 0 && !all[len(all)-1].State.Over(), ready: run.State == registry.RunDone,
		nothing: nothingToSend(run),
	}
	if view.ready {
		view.targeted = gotCode(run.Targeted)
		if view.ended, err = s.endedOf(r, by, run.Campaign); err != nil {
			return err
		}
	}
	view.page.Form = form
	for i := range all {
		view.lines = append(view.lines, batchLineOf(all[len(all)-1-i], known))
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	if kept {
		view.page.Notice = keptBatch(view.ready && view.ended == "", view.waits)
	}
	view.refresh = refreshing(w, r, view.address, view.waits)
	return s.render(w, r, status, batchesPage(view))
}

// nothingToSend says why a run has no letters to prepare, unless it has.
func nothingToSend(run registry.Run) string {
	switch {
	case run.State == registry.RunDone:
		return ""
	case run.State == registry.RunDropped:
		return "Ce ciblage a été abandonné\u00a0: personne n’a reçu de code, et il n’y a pas de lettre à préparer."
	case run.Nobody():
		return "Ce ciblage ne concerne personne\u00a0: il n’y a pas de lettre à préparer."
	}
	return "Le ciblage n’est pas encore exécuté\u00a0: il n’y a pas de lettre à préparer."
}

// keptBatch says what becomes of a form for letters that an expired session left: it stands on the page, it comes back there once the
// batch that is being made is, or no batch may be asked for any more.
func keptBatch(may, waits bool) string {
	switch {
	case may && waits:
		return "Votre session avait expiré\u00a0: l’envoi que vous vouliez préparer n’a pas été demandé. Votre saisie est conservée " +
			strconv.Itoa(int(auth.KeptFor.Hours())) + "\u00a0heures au plus\u00a0: le formulaire reviendra sur cette page, rempli, quand l’envoi en préparation sera terminé."
	case may:
		return keptNotice
	}
	return "Votre session avait expiré\u00a0: l’envoi que vous vouliez préparer n’a pas été demandé."
}

// refreshView is a page that comes anew by itself.
type refreshView struct {
	address string
	stopped bool // it was told not to
}

// refreshing has a page come anew by itself while something happens, unless it was told not to (RGAA 13.1). It does so by a header,
// which is to browsers what the element «meta» is, without a script.
func refreshing(w http.ResponseWriter, r *http.Request, address string, waits bool) refreshView {
	stopped := r.URL.Query().Get(refreshParam) == refreshStop
	if waits && !stopped {
		w.Header().Set("Refresh", refreshSeconds)
	}
	return refreshView{address: address, stopped: stopped}
}

func kindRadios() ui.Radios {
	radios := ui.Radios{Name: registry.FieldBatchKind, Legend: "Sous quelle forme\u00a0?"}
	for _, k := range []registry.BatchKind{registry.BatchPDF, registry.BatchCSV} {
		radios.Choices = append(radios.Choices, ui.Choice{Value: string(k), Label: k.Label()})
	}
	return radios
}

// askBatch asks for letters, which a server makes by itself.
func (s *Server) askBatch(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	f, again := r.PostForm, wholeNumber(r.PostForm.Get(fieldAgain))
	if r.PathValue("part") != "" { // on the page of the batch to whose persons letters are asked for
		if _, err := s.Registry.Batch(r.Context(), by, batchKey(r)); err != nil {
			return err
		}
		again = pathNumber(r, "part")
	}
	b, err := s.Registry.AskBatch(r.Context(), by, registry.BatchRequest{
		Run: runNumber(r), Kind: registry.BatchKind(f.Get(registry.FieldBatchKind)), Known: wholeNumber(f.Get(fieldKnown)), Again: again,
		Sure: f.Get(registry.FieldBatchSure) == "on", Request: f.Get(fieldRequest),
	}, s.Letters)
	if registry.KindOf(err) == registry.KindInvalid {
		form, err := formOf(f, err)
		if err != nil {
			return err
		}
		if again > 0 {
			return s.showBatch(w, r, by, registry.BatchKey{Run: runNumber(r), Part: again}, http.StatusUnprocessableEntity, batchShown{form: form})
		}
		return s.showBatches(w, r, by, http.StatusUnprocessableEntity, form, false)
	}
	if err != nil {
		return err
	}
	if !b.State.Over() { // nor asked for by the same form before
		if err := s.flash(r, "Envoi "+b.Reference()+" demandé. Il est préparé dans les minutes qui suivent."); err != nil {
			return err
		}
	}
	http.Redirect(w, r, batchAddress(b.BatchKey), http.StatusSeeOther)
	return nil
}

// wholeNumber reads a number of a form, 0 from nothing; what is none is no number that there is.
func wholeNumber(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

type batchView struct {
	page     ui.Page
	back     string
	state    statusView
	effect   string
	failure  string // that making it failed, if it did
	rows     []ui.Row
	out      []ui.Row
	drop     string // where it may be given up, if it may
	file     string // where its letters are, if they are
	fileName string
	refused  said   // why not, if it was just found out
	beside   string // which other letters there are to its persons
	again    string // where the same persons are written to anew, if they may be
	notAgain string // why they may not
	form     ui.Form
	kind     ui.Radios
	handed   string // which letters to them somebody has
	part     string
	known    string
	waits    bool
	refresh  refreshView
}

func (s *Server) batch(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	return s.showBatch(w, r, by, batchKey(r), http.StatusOK, batchShown{form: ui.Form{Values: values}, kept: kept})
}

// batchShown is what the page of a batch shows of what was asked of it.
type batchShown struct {
	form    ui.Form
	kept    bool            // an expired session left the form
	refused *registry.Error // why its letters are not to be had
}

// showBatch shows a batch, with the form that asks for one more to its persons: as it was sent, or a new one where it holds nothing.
func (s *Server) showBatch(w http.ResponseWriter, r *http.Request, by registry.Actor, key registry.BatchKey, status int, shown batchShown) error {
	b, missing := s.Registry.Batch(r.Context(), by, key)
	// After it, so that it is among them; and that there is no such run is said first, for one is sent back from a batch to those of its run.
	run, all, err := s.Registry.Batches(r.Context(), by, key.Run)
	if err == nil {
		err = missing
	}
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	line := batchLineOf(b, known)
	view := batchView{
		page: s.page(r, "Envoi "+line.reference), back: batchesAddress(b.Run), state: line.state, rows: batchRows(b, known), fileName: b.FileName(),
		part: strconv.Itoa(b.Part), kind: kindRadios(), known: strconv.Itoa(len(all)), waits: !b.State.Over(), effect: batchEffect(b), failure: batchFailure(b),
		form: shown.form, handed: handedOver(b.HandedOver(all)),
	}
	view.page.Form = shown.form
	if shown.refused != nil {
		view.refused = linked(r, shown.refused)
		view.page.Title = "Téléchargement de l’envoi " + line.reference + " refusé"
	}
	if b.State == registry.BatchPrinted {
		view.beside = besideText(b.Beside(all))
	}
	if b.State != registry.BatchDropped {
		for _, c := range b.LeftOut.Counts() {
			view.out = append(view.out, ui.Row{Key: c.Key, Label: capitalised(c.Label), Value: registry.FrenchNumber(c.Persons)})
		}
	}
	if !b.State.Over() {
		view.drop = line.address + "/abandonner"
	}
	if b.State == registry.BatchPrinted && shown.refused == nil {
		view.file = line.address + "/lettres"
	}
	waits := !all[len(all)-1].State.Over()
	switch {
	case b.State != registry.BatchPrinted:
	case waits:
		view.notAgain = "Un envoi de ce ciblage est en préparation\u00a0: quand il sera terminé, vous pourrez écrire de nouveau à ces personnes."
	default:
		if view.notAgain, err = s.endedOf(r, by, run.Campaign); err != nil {
			return err
		}
		if view.notAgain == "" {
			view.again = line.address
		}
	}
	if view.form.Values == nil {
		view.form.Values = newForm()
		view.form.Values.Set(registry.FieldBatchKind, string(b.Kind))
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	if shown.kept {
		view.page.Notice = keptBatch(view.again != "" || waits, waits)
	}
	view.refresh = refreshing(w, r, line.address, view.waits)
	return s.render(w, r, status, batchPage(view))
}

// batchKey is the batch of an address; none has the part 0.
func batchKey(r *http.Request) registry.BatchKey {
	return registry.BatchKey{Run: runNumber(r), Part: pathNumber(r, "part")}
}

// batchEffect says what the letters of a batch are.
func batchEffect(b registry.Batch) string {
	switch b.State {
	case registry.BatchGathering:
		return lettersOf(b.Letters) + " jusqu’ici. Les destinataires sont en cours de choix\u00a0; une interruption du service ne fait rien perdre."
	case registry.BatchPrinting:
		return lettersOf(b.Letters) + ". La mise en page est en cours\u00a0; une interruption du service ne fait rien perdre."
	case registry.BatchDropped:
		if why := b.DropReason.Label(); why != "" {
			return "Le service a abandonné cet envoi avant qu’il soit prêt : " + why + ". Aucune lettre n’en est partie : préparez un autre envoi."
		}
		return "Cet envoi a été abandonné avant d’être prêt : aucune lettre n’en est partie, et ses destinataires peuvent être dans un autre."
	case registry.BatchEmpty:
		says := "Il n’y avait personne à qui écrire\u00a0: cet envoi n’a aucune lettre."
		if b.LeftOut.Written > 0 {
			says += " Pour écrire de nouveau aux personnes d’un autre envoi, ou sous une autre forme, ouvrez celui-là."
		}
		return says
	}
	return lettersOf(b.Letters) + ". Le fichier contient des noms, des adresses et des codes\u00a0: remettez-le à l’imprimeur par un moyen sûr, et détruisez-le une fois imprimé."
}

// batchFailure says that making a batch failed, and what comes of it.
func batchFailure(b registry.Batch) string {
	if !b.Failed() {
		return ""
	}
	return "La préparation de cet envoi a échoué la dernière fois, le " + registry.FrenchMoment(b.FailedAt, "") +
		". Le service réessaie de lui-même, toutes les deux minutes\u00a0: rien n’est à refaire. Si cela dure plus d’une heure, prévenez l’exploitant du service."
}

// besideText says which other letters there are to the persons of a batch; nothing where there are none.
func besideText(beside []registry.Batch) string {
	if len(beside) == 0 {
		return ""
	}
	others := make([]string, len(beside))
	for i, b := range beside {
		others[i] = b.Reference() + " (" + b.Kind.Label() + ", " + strings.ToLower(b.State.Label()) + ")"
	}
	return "Ces personnes ont aussi une lettre dans " + registry.Enumerate(others, "et") + ". " + registry.OneOfTheseBatches
}

// handedOver says which letters somebody has, and since when; nothing where nobody has any.
func handedOver(handed []registry.Batch) string {
	if len(handed) == 0 {
		return ""
	}
	each := make([]string, len(handed))
	for i, b := range handed {
		last := b.Deliveries[len(b.Deliveries)-1]
		each[i] = b.Reference() + " (" + registry.Counted(len(b.Deliveries), "remise", "remises") + ", la dernière le " + registry.FrenchMoment(last.At, "") + ")"
	}
	received := "deux"
	if len(handed) > 1 {
		received = "plusieurs"
	}
	return "Des lettres à ces personnes ont déjà été remises" + nbsp + ": " + registry.Enumerate(each, "et") + ". Si elles partent aussi, ces personnes en recevront " + received + "."
}

// sizeText says how large a file is as programs that show files do, which count in thousands of octets.
func sizeText(size int64) string {
	exactly := registry.FrenchNumber(int(size)) + nbsp + "octets"
	if size < 1_000_000 {
		return exactly
	}
	tenths := registry.FrenchNumber(int(size/1_000_000)) + "," + strconv.Itoa(int(size/100_000%10)) + nbsp + "Mo"
	return tenths + " (" + exactly + ")"
}

func lettersOf(n int) string { return registry.Counted(n, "lettre", "lettres") }

func batchRows(b registry.Batch, known people) []ui.Row {
	rows := []ui.Row{
		{Key: "campaign", Label: "Campagne", Value: together(b.Campaign)},
		{Key: "date", Label: "Date des lettres", Value: b.Date.French()},
		{Key: "kind", Label: "Forme", Value: b.Kind.Label()},
		{Key: "letters", Label: "Lettres", Value: registry.FrenchNumber(b.Letters)},
		{Key: "asked", Label: "Demandé par", Value: known.whoIs(b.AskedBy) + ", le " + registry.FrenchMoment(b.AskedAt, "")},
	}
	if b.Again > 0 {
		rows = append(rows, ui.Row{Key: "again", Label: "Mêmes personnes que", Value: registry.BatchKey{Run: b.Run, Part: b.Again}.Reference()})
	}
	if b.ListsNone() {
		rows = append(rows, ui.Row{Key: "places", Label: "Lieux de vaccination", Value: "Aucun n’est indiqué" + nbsp + ": les lettres disent où se renseigner"})
	}
	if b.State == registry.BatchDropped {
		who, why := known.whoIs(b.DroppedBy), b.DropReason.Label()
		if why != "" { // whoever had it printed did not ask for that
			who = "Le service"
		}
		rows = append(rows, ui.Row{Key: "dropped", Label: "Abandonné par", Value: who + ", le " + registry.FrenchMoment(b.DroppedAt, "")})
		if why != "" {
			rows = append(rows, ui.Row{Key: "reason", Label: "Motif de l’abandon", Value: capitalised(why)})
		}
	}
	if b.State == registry.BatchPrinted {
		rows = append(rows,
			ui.Row{Key: "printed", Label: "Mis en page", Value: "Le " + registry.FrenchMoment(b.PrintedAt, "")},
			ui.Row{Key: "digest", Label: "Empreinte SHA-256", Value: b.Digest},
			ui.Row{Key: "size", Label: "Taille", Value: sizeText(b.Size)})
	}
	for i, d := range b.Deliveries {
		rows = append(rows, ui.Row{
			Key: "delivery" + strconv.Itoa(i+1), Label: "Remise n°" + nbsp + strconv.Itoa(i+1), Value: known.whoIs(d.By) + ", le " + registry.FrenchMoment(d.At, ""),
		})
	}
	return rows
}

func (s *Server) dropBatchForm(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	b, err := s.Registry.Batch(r.Context(), by, batchKey(r))
	if err != nil {
		return err
	}
	address := batchAddress(b.BatchKey)
	if b.State.Over() {
		http.Redirect(w, r, address, http.StatusSeeOther)
		return nil
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, decidePage(decideView{
		page: s.page(r, "Abandonner l’envoi "+b.Reference()), back: address, leave: "Retour à l’envoi, sans rien changer", campaign: together(b.Campaign),
		says: batchEffect(b), rows: []ui.Row{{Key: "asked", Label: "Demandé par", Value: batchLineOf(b, known).asked}},
		effect: "Aucune lettre de cet envoi ne sera faite. Les personnes choisies jusqu’ici pourront être dans un autre envoi.",
		action: address + "/abandonner", button: "Abandonner cet envoi", undoes: true,
	}))
}

func (s *Server) dropBatch(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	b, err := s.Registry.DropBatch(r.Context(), by, batchKey(r))
	if err != nil {
		return err
	}
	if err := s.flash(r, "Envoi "+b.Reference()+" abandonné. Aucune lettre n’en est partie."); err != nil {
		return err
	}
	http.Redirect(w, r, batchAddress(b.BatchKey), http.StatusSeeOther)
	return nil
}
