package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/targeting"
)

// populationMemory is what an import of a population keeps its memory to, by collecting garbage more often: what the file
// has had so far takes some 170 MB of it for the whole country.
const populationMemory = 420 << 20

// population imports a file of insured persons, or goes on with it.
func (i importCmd) population(ctx context.Context, c console) (err error) {
	debug.SetMemoryLimit(populationMemory)
	if err := listCanBeWritten(i.Rejected); err != nil {
		return err
	}
	looking := bar{}
	file, err := targeting.OpenPopulation(ctx, i.File, func(read, size int64) {
		if looking.drawn == nil {
			looking = c.bar(size, "Examen du fichier")
		}
		looking.set(read)
	})
	if err := errors.Join(err, looking.finish()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := tellColumns(c, file); err != nil {
		return err
	}
	if err := i.erasesAbsent(file); err != nil {
		return err
	}
	p := &populationRun{console: c, file: file, erasing: i.EraseAbsentColumns, replacing: i.ReplaceUnfinished, path: i.Rejected, now: time.Now}
	if i.DryRun {
		return i.try(ctx, p)
	}
	keys, err := i.source(i.KeyFile)
	if err != nil {
		return err
	}
	by, err := operator()
	if err != nil {
		return err
	}
	p.ahead = file.Start(ctx, p.reading(0)) // its first parts are there once the database is
	defer p.ahead.Stop()
	st, g, _, err := openStore(ctx, i.Store, store.Options{Keys: keys, Importing: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return p.run(ctx, g, by)
}

// tellColumns tells of columns that are missed or not known: a name that is misspelt is both. What is missed counts as not told, so that the
// import takes it from those whom an earlier file told it of, but for their own NIR, which stays.
func tellColumns(c console, file *targeting.PopulationFile) (err error) {
	for _, name := range file.Ignored {
		err = errors.Join(err, c.printf("Colonne ignorée, que le format ne connaît pas : %s\n", name))
	}
	for _, name := range file.Absent {
		effect := ". Si un fichier précédent la donnait, ce qu’il en disait sera effacé."
		if name == registry.OwnColumn {
			effect = ""
		}
		err = errors.Join(err, c.printf("Colonne absente : %s%s\n", name, effect))
	}
	return err
}

// erasesAbsent refuses an answer about a column that the file does not lack: it was given for another file, or is misspelt.
func (i importCmd) erasesAbsent(file *targeting.PopulationFile) error {
	for _, name := range i.EraseAbsentColumns {
		if !slices.Contains(file.Absent, name) {
			return registry.Invalid("«\u00a0" + name + "\u00a0» n’est pas une colonne absente de ce fichier\u00a0: ne donnez à --erase-absent-columns que des colonnes que la commande dit absentes.")
		}
	}
	return nil
}

// try reads the file, and holds it against the store where there is one. Where that cannot be done its rows are told of all the same, and
// then that the trial is no whole one.
func (i importCmd) try(ctx context.Context, p *populationRun) error {
	earlier, failed := i.columnsBefore(ctx, p.console)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.try(ctx, earlier); err != nil || failed == nil {
		return err
	}
	return registry.Invalid("Essai incomplet\u00a0: les colonnes de ce fichier n’ont pas été comparées avec celles du dernier import. " + sentence(failed))
}

// columnsBefore are the columns that the store's last import had, for a trial: none where there is no store, and it makes none, nor tables in an
// empty database.
func (i importCmd) columnsBefore(ctx context.Context, c console) (columns []string, err error) {
	exists, err := i.exists()
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, i.tellNoStore(c)
	}
	st, err := store.Open(ctx, i.Store, store.Options{Importing: true, Looking: true})
	if errors.Is(err, store.ErrNoTables) {
		return nil, i.tellNoStore(c)
	}
	if err != nil {
		return nil, notOpened(err, i.Store)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return registry.New(st).PopulationColumns(ctx)
}

// populationRun is an import under way.
type populationRun struct {
	console
	file      *targeting.PopulationFile
	ahead     *targeting.Reading // from the first part on, until it is taken
	erasing   []string           // absent columns
	replacing bool               // of an import that closed the database
	path      string             // of the rejected rows
	report    targeting.Report
	first     int64 // line of the first part that was read
	doubled   int64 // of the rows that were read: those in double, which the report has as accepted
	out       *os.File
	rows      *targeting.RemarkWriter
	shown     bar
	step      registry.PopulationStep
	now       func() time.Time
}

// try reads the file and imports nothing. A file that the import would refuse for columns that the one before had is refused once its
// rows are told of.
func (p *populationRun) try(ctx context.Context, earlier []string) error {
	for part, err := range p.read(ctx, 0) {
		if err != nil {
			return errors.Join(err, p.close())
		}
		p.tell(registry.PopulationProgress{Line: part.Last})
	}
	if err := errors.Join(p.shown.finish(), p.close(), p.tellRead(), p.tellList()); err != nil {
		return err
	}
	if p.report.Accepted == 0 {
		return errNoRow
	}
	err := p.printf("Essai : rien n’a été enregistré. Les lignes en double ne sont cherchées qu’à l’import.\n")
	return errors.Join(err, registry.PopulationFile{Columns: p.file.Columns, Erasing: p.erasing}.MayFollow(earlier))
}

func (p *populationRun) run(ctx context.Context, g *registry.Registry, by registry.Actor) error {
	began := time.Now()
	o, err := g.ImportPopulation(ctx, by, registry.PopulationFile{
		Digest: p.file.Digest, Parts: p.file.Parts(), PartSize: targeting.PartSize, Lines: p.file.LastLine(), Read: p.read, Again: p.again,
		Columns: p.file.Columns, Erasing: p.erasing, Replacing: p.replacing,
	}, p.tell)
	// Nothing was left to read, and whoever was killed may not have come to the end of the list, or made none.
	if err == nil && p.rows == nil && p.path != "" {
		err = p.list(ctx)
	}
	err = errors.Join(err, p.shown.finish())
	if err == nil && p.report.Read > 0 {
		err = p.findDuplicates(ctx, g)
	}
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	return p.conclude(o, time.Since(began))
}

// read yields the parts of the file as an import takes them. Where the rejected rows are written, all parts are read
// again, so that an import that goes on leaves the whole list.
func (p *populationRun) read(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
	return func(yield func(registry.PopulationPart, error) bool) {
		p.report, p.first = targeting.Report{}, 0
		first := from
		if p.path != "" {
			first = 0
			if err := p.create(ctx); err != nil {
				yield(registry.PopulationPart{}, err)
				return
			}
		}
		for part, err := range p.parts(ctx, first) {
			if err != nil {
				yield(registry.PopulationPart{}, err)
				return
			}
			p.report.Add(part)
			if p.first == 0 && part.Lines > 0 {
				p.first = part.Line
			}
			if p.rows != nil {
				if err := p.rows.WritePart(part); err != nil {
					yield(registry.PopulationPart{}, err)
					return
				}
			}
			if part.Number < from {
				continue
			}
			if !yield(p.taken(part), nil) {
				return
			}
		}
	}
}

// again yields parts that were read before, of which nothing is told once more.
func (p *populationRun) again(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
	return func(yield func(registry.PopulationPart, error) bool) {
		for part, err := range p.parts(ctx, from) {
			if !yield(p.taken(part), err) {
				return
			}
		}
	}
}

// parts are those from one on, which may be under way.
func (p *populationRun) parts(ctx context.Context, from int) iter.Seq2[targeting.Part, error] {
	ahead := p.ahead
	p.ahead = nil
	switch {
	case ahead == nil:
	case from == 0:
		return ahead.Parts(ctx)
	default:
		ahead.Stop()
	}
	return p.file.Read(ctx, p.reading(from))
}

func (p *populationRun) reading(from int) targeting.ReadOptions {
	return targeting.ReadOptions{Today: registry.LatestDay(p.now()), From: from, Workers: runtime.NumCPU()}
}

func (p *populationRun) taken(part targeting.Part) registry.PopulationPart {
	return registry.PopulationPart{
		Number: part.Number, Last: part.Line + part.Lines - 1, Rows: part.Rows, Release: func() { p.file.Release(part) },
	}
}

// errNoList is said where the list of rejected rows cannot be written.
var errNoList = registry.Invalid("Le fichier des lignes rejetées ne peut pas être écrit : vérifiez son dossier et vos droits.")

// listCanBeWritten refuses a list that cannot be written before anything else is done: found out later, a first import has begun, whose
// database then takes no other file and is not served. What stands under the name is left as it is.
func listCanBeWritten(path string) error {
	if path == "" {
		return nil
	}
	if isPipe(path) { // who reads it would take a trial for the whole list, and be gone when it comes
		const mayWrite = 2 // W_OK of access(2)
		if syscall.Access(path, mayWrite) != nil {
			return errNoList
		}
		return nil
	}
	_, err := os.Stat(path)
	made := errors.Is(err, fs.ErrNotExist)
	list, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return errNoList
	}
	err = list.Close()
	if made { // where a link leads, if the path is one
		at, failed := filepath.EvalSymlinks(path)
		if err = errors.Join(err, failed); failed == nil {
			err = errors.Join(err, os.Remove(at))
		}
	}
	return err
}

// isPipe tells a named pipe.
func isPipe(path string) bool {
	about, err := os.Stat(path)
	return err == nil && about.Mode()&fs.ModeNamedPipe != 0
}

// createList begins the list of rejected rows. A named pipe is waited for until somebody reads it: they would else wait for who was done before they came.
func createList(ctx context.Context, path string) (*os.File, error) {
	for {
		list, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NONBLOCK, 0o666) //nolint:gosec // the operator names the file
		switch {
		case err == nil:
			return list, nil
		case !errors.Is(err, syscall.ENXIO) || !isPipe(path): // nobody ever reads a socket so
			return nil, fmt.Errorf("writing the rejected rows: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for who reads the rejected rows: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// list writes the rejected rows of a file whose rows are imported already.
func (p *populationRun) list(ctx context.Context) error {
	for _, err := range p.read(ctx, p.file.Parts()) {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// create begins the file of rejected rows anew.
func (p *populationRun) create(ctx context.Context) (err error) {
	if err := p.close(); err != nil {
		return err
	}
	if p.out, err = createList(ctx, p.path); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return errNoList
	}
	p.rows, err = targeting.NewRemarkWriter(p.out, p.file.Name)
	return err
}

func (p *populationRun) close() error {
	if p.out == nil {
		return nil
	}
	err := p.out.Close()
	p.out, p.rows = nil, nil
	return err
}

// findDuplicates counts the rows that were duplicates among those that were read, and adds all of the file to the list of those rejected.
func (p *populationRun) findDuplicates(ctx context.Context, g *registry.Registry) error {
	duplicates, err := g.PopulationDuplicates(ctx)
	if err != nil {
		return err
	}
	for d, err := range duplicates {
		if err != nil {
			return err
		}
		if d.Line >= p.first {
			p.doubled++
		}
		if p.rows == nil {
			continue
		}
		reason := targeting.DuplicateOf(d.Of)
		if d.Own {
			reason = targeting.DuplicateOwn(d.Of)
		}
		if err := p.rows.Write(targeting.FateRejected, targeting.Remark{Line: d.Line, Reason: reason}); err != nil {
			return err
		}
	}
	if p.rows == nil {
		return nil
	}
	return p.rows.Flush()
}

// beforeRows is what is said of an import before its first row, to whoever keeps the services.
var beforeRows = map[registry.PopulationStep]string{
	registry.PopulationFirst:  "Le fichier est chargé d’une traite\u00a0: la base est fermée, et aucun service ne doit l’utiliser avant la fin de cet import.\n",
	registry.PopulationServed: "Un service ou une commande utilise cette base\u00a0: le fichier y entre à côté, une dizaine de fois moins vite que si rien d’autre n’y était connecté.\n",
}

// tell shows how far an import is, its rate, and the time that is left.
func (p *populationRun) tell(at registry.PopulationProgress) {
	if text := beforeRows[at.Step]; text != "" {
		_ = p.printf("%s", text) // a sentence that cannot be written stops nothing
		return
	}
	if p.console.progress == nil {
		return
	}
	if p.shown.drawn == nil || at.Step != p.step {
		_ = p.shown.finish()
		p.step, p.shown = at.Step, p.stepBar(at)
	}
	if at.Step == registry.PopulationRows {
		p.shown.set(at.Line)
	}
}

func (p *populationRun) stepBar(at registry.PopulationProgress) bar {
	switch at.Step { // how long indexes take is not told
	case registry.PopulationDuplicates:
		return p.console.bar(-1, "Recherche des doublons")
	case registry.PopulationKnown:
		return p.console.bar(-1, "Personnes déjà connues")
	case registry.PopulationIndexes:
		return p.console.bar(-1, "Construction des index")
	}
	return p.console.countingBar(p.file.Lines, "Import", unit{"ligne", "lignes"})
}

// errNoRow is said of a file that brought nobody.
var errNoRow = registry.Invalid("Aucune ligne de ce fichier n’a pu être prise\u00a0: rien n’a été enregistré.")

// tellRead tells what became of the rows that were read, by the words of the list of rejected rows: of the parts that were left, when an
// import goes on.
func (p *populationRun) tellRead() error {
	r, rejected, doubled := p.report, p.report.Rejected+p.doubled, ""
	if p.doubled > 0 {
		doubled = ", dont en double\u00a0: " + registry.FrenchNumber(int(p.doubled))
	}
	err := p.printf("%s\u00a0: %s.\n  acceptées\u00a0: %s\n  rejetées\u00a0: %s%s\n  à vérifier\u00a0: %s\n", p.file.Name, count64(r.Read, "ligne lue", "lignes lues"),
		registry.FrenchNumber(int(r.Accepted-p.doubled)), registry.FrenchNumber(int(rejected)), doubled, registry.FrenchNumber(int(r.Warned)))
	if p.path == "" && rejected+r.Warned > 0 {
		err = errors.Join(err, p.printf("Relancez la même commande avec --rejected rejets.csv pour la liste de ces lignes et de ce qui est à corriger.\n"))
	}
	return err
}

func (p *populationRun) conclude(o registry.PopulationOutcome, took time.Duration) error {
	if o.Already {
		return errors.Join(p.printf("Ce fichier a déjà été importé en entier : rien n’a changé.\n"), p.tellList())
	}
	if o.Created+o.Updated+o.Unchanged+o.Duplicates == 0 {
		return errors.Join(p.tellRead(), p.tellList(), errNoRow)
	}
	var err error
	if o.Instead {
		err = p.printf("L’import d’un autre fichier n’était pas terminé\u00a0: celui-ci l’a remplacé. Ce que l’autre avait déjà apporté reste, sauf ce que celui-ci en dit autrement.\n")
	}
	if len(o.Erased) > 0 {
		err = errors.Join(err, p.printf("Effacé pour les personnes de ce fichier\u00a0: ce que le précédent disait dans les colonnes absentes de celui-ci (%s).\n", strings.Join(o.Erased, ", ")))
	}
	rate := ""
	if p.report.Read > 0 { // or indexes alone were left to make, of an import that goes on
		rate = fmt.Sprintf(" (%s à la seconde)", rated(p.report.Read, took, "ligne", "lignes"))
		err = errors.Join(err, p.tellRead())
	}
	err = errors.Join(err, p.printf("Personnes ajoutées : %s ; mises à jour : %s ; sans changement : %s ; lignes en double dans le fichier, laissées de côté : %s.\n",
		registry.FrenchNumber(int(o.Created)), registry.FrenchNumber(int(o.Updated)), registry.FrenchNumber(int(o.Unchanged)), registry.FrenchNumber(int(o.Duplicates))))
	if o.Doubtful > 0 {
		err = errors.Join(err, p.printf("Rapprochements douteux à décider par une personne, en tout (de cet import et des précédents)\u00a0: %s.\n", registry.FrenchNumber(o.Doubtful)))
	}
	return errors.Join(err, p.tellList(), p.printf("Import terminé en %s%s.\n", frenchDuration(took), rate))
}

// frenchDuration says how long something took, in its two largest units.
func frenchDuration(took time.Duration) string {
	seconds := int(took.Round(time.Second) / time.Second)
	switch {
	case seconds == 0:
		return "moins d’une seconde"
	case seconds < 60:
		return fmt.Sprintf("%d\u00a0s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%d\u00a0min %02d\u00a0s", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d\u00a0h %02d\u00a0min", seconds/3600, seconds/60%60)
}

// tellList tells where the rejected rows are, if they were asked for.
func (p *populationRun) tellList() error {
	if p.path == "" {
		return nil
	}
	return p.printf("Liste des lignes rejetées ou à vérifier : %s\n", p.path)
}
