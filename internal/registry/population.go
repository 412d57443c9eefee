package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// This file is how the referential of insured persons reaches the records (TGT-1): a file of tens of millions of rows,
// which is imported part by part, and can be stopped anywhere and begun again.

// InsuredRow is a row of a population file. Its texts share the memory of their part: what outlives the part is to be
// cloned.
type InsuredRow struct {
	Line int64 // in the file, from 1
	Patient
	Insured
}

// PopulationFile is a file to import.
type PopulationFile struct {
	Digest string // by which it is known again
	Parts  int
	// PartSize says how the file is cut: another makes other parts.
	PartSize int64
	// Lines is the number of its last line.
	Lines int64
	// Columns are those that it has, as the format names them and in its order; none of what is no file, of which nobody asks what it lacks.
	Columns []string
	// Erasing are columns that it lacks, and of which it was said that what an earlier file told there is to go.
	Erasing []string
	// Replacing tells that a first import that is not finished and that this file does not go on with is given up: what it brought stays. Otherwise
	// this file is refused.
	Replacing bool
	// Read yields its parts from one on, in the order of the file. It may be called again.
	Read func(ctx context.Context, from int) iter.Seq2[PopulationPart, error]
	// Again yields parts that Read has yielded, as often as it is called; nil stands for Read, where that tells nobody what was read.
	Again func(ctx context.Context, from int) iter.Seq2[PopulationPart, error]
}

// PopulationPart is a part of a file, with the rows of it that are taken.
type PopulationPart struct {
	Number int // from 0
	Last   int64
	Rows   []InsuredRow
	// Release, which may be nil, takes the rows back for another part. Who does not call it keeps them.
	Release func()
}

// PopulationStep is what an import is doing.
type PopulationStep int

// The steps of an import. That of its rows is one of each; PopulationServed is told of one that would be a first import if nobody used the store.
// The others are those of a first import alone, which begins with PopulationFirst: from then on to its end nobody may use the store.
const (
	PopulationRows PopulationStep = iota
	PopulationServed
	PopulationFirst
	PopulationIndexes
	PopulationDuplicates
	PopulationKnown // rows that tell of whoever was there before the file
)

// PopulationProgress is how far an import is.
type PopulationProgress struct {
	Step PopulationStep
	Line int64 // up to which the file is imported
}

// PopulationCounts are what became of the rows of a file that were taken.
type PopulationCounts struct {
	Created, Updated, Unchanged, Duplicates int64
}

// PopulationOutcome is what an import came to.
type PopulationOutcome struct {
	PopulationCounts
	// Already tells that it was finished before, at FinishedAt, and nothing was done.
	Already    bool
	FinishedAt time.Time
	First      bool // the store had no person, or few
	Instead    bool // an import of another file was under way, and will not be ended; what it brought stays
	Doubtful   int  // pairs that are left to decide, of all imports
	// Erased are the columns that the file of the import before had and this one has not.
	Erased []string
}

// DuplicateRow is a row that was not imported because another row of the file, an earlier one, is the same person.
type DuplicateRow struct {
	Line, Of int64
	Own      bool // by their own NIR, under another holder or rank
}

// Why a population file is not imported.
var (
	// ErrImporting: another process imports a file.
	ErrImporting = errors.New("another import of a population file is under way")
	// ErrOtherFile: a first import of another file is not finished.
	ErrOtherFile = errors.New("the first import of another population file is not finished")
	// ErrOlderImport: the first import was begun by another version of the program, which cut the file otherwise, or left the database in another state.
	ErrOlderImport = errors.New("the first import of this population was begun by another version")
	// ErrRotating: records bear two keys, and persons cannot be told by one.
	ErrRotating = errors.New("a rotation of the keys of identities is under way")
	// ErrNotOwner: an import writes what the service may not, and a first one takes indexes away and makes them again.
	ErrNotOwner = errors.New("an import of a population is for the owner of the tables")
)

// PopulationStore imports files of insured persons.
type PopulationStore interface {
	// ImportPopulation imports a file part by part, each with its entry of the access log, which is event with the
	// number of its rows as Count. A row is of a known person when a record has its natural key (holder's NIR,
	// birth date, rank), or else its own NIR and birth date. Then the record gets the identity, the contact and what is
	// insured of the row, and is no longer one entered by hand; its identifier, version, code and entries stay, and so does
	// an objection. What a row does not tell of an own NIR, or of the contact of one entered by hand, stays too. A row whose
	// content was imported before changes nothing. The others become records. Of rows of one person the first counts. Rows are
	// taken one after the other, however the file is cut into parts.
	//
	// Doubtful matches are kept for MatchStore, once, and merge nothing.
	//
	// Stopped anywhere, it goes on when called with the same file again; a file of which the import was finished last
	// changes nothing. It returns ErrImporting while another is under way. A first import tells progress PopulationFirst before its first row.
	//
	// Each part is an event, with how many rows it has, and the end of an import is one (ActionEndImportPersons), with how many persons of the file
	// are there then; each bears its own moment, counted from that of the event given.
	//
	// It keeps the columns of the file. One that may not follow the file of the last finished import that took somebody, of which the columns
	// are known (MayFollow), is refused before anything is written; one that was begun goes on without being asked again.
	ImportPopulation(ctx context.Context, file PopulationFile, event Event, random io.Reader, progress func(PopulationProgress)) (PopulationOutcome, error)

	// PopulationDuplicates yields the rows of the file imported last that were duplicates, in the order of the file.
	PopulationDuplicates(ctx context.Context) iter.Seq2[DuplicateRow, error]

	// PopulationColumns are the columns of the file of the last finished import that took somebody and of which they are known: those that
	// the next file is held against.
	PopulationColumns(ctx context.Context) ([]string, error)
}

// population is the store as what imports populations, or an error for one that does not.
func (g *Registry) population() (PopulationStore, error) {
	if s, ok := g.Store.(PopulationStore); ok {
		return s, nil
	}
	return nil, errors.New("registry: this store imports no population")
}

// ImportPopulation imports a file of insured persons, or goes on with it.
func (g *Registry) ImportPopulation(ctx context.Context, by Actor, file PopulationFile, progress func(PopulationProgress)) (PopulationOutcome, error) {
	s, err := g.population()
	if err != nil {
		return PopulationOutcome{}, err
	}
	event := g.event(by, ActionImportPersons, "")
	event.Digest = file.Digest
	outcome, err := s.ImportPopulation(ctx, file, event, g.Random, progress)
	for known, text := range populationRefusals {
		if errors.Is(err, known) {
			now := g.event(by, ActionImportPersons, "") // an import may be refused after hours
			now.Digest = file.Digest
			return outcome, g.refuse(ctx, now, Conflict(text))
		}
	}
	if err != nil {
		return outcome, fmt.Errorf("importing a population file: %w", err)
	}
	if outcome.Already {
		return outcome, g.repeated(ctx, event)
	}
	return outcome, nil
}

var populationRefusals = map[error]string{
	ErrImporting: "Un autre import de la population est en cours. Attendez qu’il se termine.",
	ErrOtherFile: "L’import d’un autre fichier a fermé cette base et n’est pas terminé\u00a0: relancez d’abord la commande avec cet autre fichier. " +
		"S’il ne doit plus entrer, ajoutez «\u00a0--replace-unfinished\u00a0»\u00a0: ce qu’il a déjà apporté reste, et celui-ci le remplace.",
	ErrOlderImport: "L’import qui a fermé cette base a été commencé par une autre version du programme\u00a0: terminez-le avec elle, ou renoncez-y avec «\u00a0--replace-unfinished\u00a0». " +
		"Si la réponse est encore celle-ci, cette version est trop ancienne\u00a0: terminez-le avec elle, ou recommencez dans une base neuve.",
	ErrRotating: "Une rotation des clés d’identité est en cours, ou a eu lieu pendant l’import. Terminez-la par «\u00a0vaccin keys rotate\u00a0», " +
		"retirez l’ancienne clé par «\u00a0vaccin keys retire\u00a0», puis relancez la même commande\u00a0: l’import reprendra où il en est.",
	ErrNotOwner: "L’import de la population écrit ce que le service n’a pas le droit d’écrire\u00a0: lancez-le avec le compte propriétaire des tables.",
}

// PopulationDuplicates yields the rows of the file imported last that were duplicates.
func (g *Registry) PopulationDuplicates(ctx context.Context) (iter.Seq2[DuplicateRow, error], error) {
	s, err := g.population()
	if err != nil {
		return nil, err
	}
	return s.PopulationDuplicates(ctx), nil
}

// PopulationColumns are the columns that the next file is held against.
func (g *Registry) PopulationColumns(ctx context.Context) ([]string, error) {
	s, err := g.population()
	if err != nil {
		return nil, err
	}
	return s.PopulationColumns(ctx)
}
