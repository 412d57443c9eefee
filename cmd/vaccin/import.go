package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/store"

	"github.com/alecthomas/kong"
)

// importCmd imports a file of reference data in three steps: parse, check, apply; or one of insured persons, part by part,
// which needs the keys of identities.
type importCmd struct {
	ringFlags          `embed:""`
	Rejected           string   `type:"path" placeholder:"FICHIER.csv" help:"Fichier où écrire la liste des lignes rejetées, des lignes à vérifier et de ce qui a été laissé de côté."`
	DryRun             bool     `help:"Lire et vérifier seulement ; rien n’est importé."`
	EraseAbsentColumns []string `placeholder:"COLONNE" help:"Pour une population : importer même si le fichier n’a pas ces colonnes, qu’avait celui du dernier import ; ce qu’elles disaient est effacé pour toutes les personnes du fichier."`
	ReplaceUnfinished  bool     `help:"Pour une population : renoncer à l’import d’un autre fichier, qui a fermé la base et n’est pas terminé ; ce qu’il a déjà apporté reste."`
	Kind               string   `arg:"" name:"nature" enum:"localities,places,finess,lots,practice-places,professions,objections,vaccines,schedules,population" help:"Ce que contient le fichier : ${enum}."`
	File               string   `arg:"" name:"fichier" type:"path" help:"Le fichier."`
}

// ofPopulation are the options that the import of a population alone has, and what it needs them for.
var ofPopulation = map[string]string{
	"nir-key-file": "a besoin de clés", "nir-key-command": "a besoin de clés", "key-file": "a besoin de clés",
	"erase-absent-columns": "efface des colonnes", "replace-unfinished": "ferme la base",
}

// Validate refuses options of the import of a population that are given for a file of reference data: whoever gives them takes it for
// another command. The keys of the environment are there for all commands.
func (i importCmd) Validate(line *kong.Context) error {
	if _, ofReference := readers[i.Kind]; !ofReference {
		return nil
	}
	for _, part := range line.Path {
		if part.Flag == nil {
			continue
		}
		if does, alone := ofPopulation[part.Flag.Name]; alone {
			return registry.Invalid("«\u00a0vaccin import " + i.Kind + "\u00a0» n’a pas d’option --" + part.Flag.Name +
				"\u00a0: seul l’import de la population " + does + ".")
		}
	}
	return nil
}

// readers make the reader of each kind of file; ref is the reference data that the file refers to.
var readers = map[string]func(ref registry.Reference) (referential.Reader, error){
	"localities": func(registry.Reference) (referential.Reader, error) {
		known, err := referential.Localities()
		return referential.ReadLaPoste(known), err
	},
	"places":          reader(referential.ReadCentres),
	"finess":          reader(referential.ReadFINESS),
	"practice-places": reader(referential.ReadPracticePlaces),
	"professions":     reader(referential.ReadOpenings),
	"objections":      reader(referential.ReadObjectionLimits),
	"vaccines":        reader(referential.ReadVaccines),
	"lots": func(ref registry.Reference) (referential.Reader, error) {
		return referential.ReadLots(ref.Vaccines), nil
	},
	"schedules": func(ref registry.Reference) (referential.Reader, error) {
		return referential.ReadSchedules(ref.Vaccines), nil
	},
}

// reader is for the kinds of file that refer to nothing.
func reader(r referential.Reader) func(registry.Reference) (referential.Reader, error) {
	return func(registry.Reference) (referential.Reader, error) { return r, nil }
}

// Run imports the file. Rejected rows are reported and do not make it fail; a file of which no row can
// be taken does.
func (i importCmd) Run(ctx context.Context, c console) (err error) {
	if err := i.sparesOthers(); err != nil {
		return err
	}
	if i.Kind == "population" {
		return i.population(ctx, c)
	}
	source, err := referential.Open(i.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	ref, centres, err := i.known(ctx, c)
	if err != nil {
		return err
	}
	change, report, err := i.parse(c, source, ref)
	if err != nil {
		return err
	}
	if err := i.tell(ctx, c, report); err != nil {
		return err
	}
	if report.Accepted == 0 {
		return registry.Invalid("Aucune ligne de ce fichier n’a pu être prise : rien n’a été enregistré.")
	}
	if i.Kind == "places" {
		referential.KeepLastDays(centres, change, report.Undated)
		if err := tellGone(c, referential.GoneCentres(centres, change), &change); err != nil {
			return err
		}
	}
	if i.DryRun {
		return c.printf("Essai : rien n’a été enregistré.\n")
	}
	return i.apply(ctx, c, source, change)
}

// sparesOthers refuses to write the list of rejected rows over what the command reads: a list replaces what stands under its
// name, and a national file that was emptied so is not had again in a day. Nor does it go where the command will make a store or keys.
func (i importCmd) sparesOthers() error {
	if i.Rejected == "" {
		return nil
	}
	others := []string{i.File, i.Store, i.KeyFile}
	if keys, err := i.file(i.KeyFile); err == nil {
		others = append(others, keys)
	}
	for _, path := range others {
		if path != "" && sameFile(i.Rejected, path) {
			return registry.Invalid("La liste des lignes rejetées remplacerait « " + path + " » : donnez un autre nom à --rejected.")
		}
	}
	return nil
}

// sameFile tells whether two names are those of one file: by what they lead to, or by themselves where one is not there yet.
func sameFile(a, b string) bool {
	is, err := os.Stat(a)
	other, missing := os.Stat(b)
	if err == nil && missing == nil {
		return os.SameFile(is, other)
	}
	at, failed := filepath.Abs(a)
	beside, alike := filepath.Abs(b)
	return errors.Join(failed, alike) == nil && at == beside
}

// tellGone has a change close to letters the centres that are not in its list any more, and names them: of a file that is only a part
// of the list, these are all the others.
func tellGone(c console, gone []registry.VaccinationPlace, change *registry.ReferenceChange) (err error) {
	if len(gone) > 0 {
		err = c.printf("  déjà connus et sans ligne acceptée dans ce fichier, que les lettres n’indiqueront plus : %s\n", count(len(gone), "centre", "centres"))
	}
	for n, p := range gone {
		change.GonePlaces = append(change.GonePlaces, p.ID)
		if n < shownRemarks {
			err = errors.Join(err, c.printf("    %s (%s)\n", p.Label, p.ID))
		}
	}
	if more := len(gone) - shownRemarks; more > 0 {
		err = errors.Join(err, c.printf("    … et %s.\n", count(more, "autre centre", "autres centres")))
	}
	return err
}

// known is what the file may refer to: the store's reference data or, where there is no store yet, those that ship; and the centres that
// the store has, for a list of them. A trial makes no store.
func (i importCmd) known(ctx context.Context, c console) (ref registry.Reference, centres []registry.VaccinationPlace, err error) {
	exists, err := i.exists()
	if err != nil {
		return ref, nil, err
	}
	if !exists {
		shipped, err := referential.Builtin()
		if err == nil && i.DryRun {
			err = i.tellNoStore(c)
		}
		return registry.Reference{Vaccines: shipped.Vaccines}, nil, err
	}
	st, g, _, err := openStore(ctx, i.Store, store.Options{})
	if err != nil {
		return ref, nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if i.Kind == "places" {
		if centres, err = st.PlacesOfType(ctx, registry.PlaceTypeCentre); err != nil {
			return ref, nil, err
		}
	}
	ref, err = g.Reference(ctx)
	return ref, centres, err
}

// tellNoStore says that there is nothing with which a trial compares its file.
func (i importCmd) tellNoStore(c console) error {
	return c.printf("Il n’y a pas de base à cet endroit (%s) : rien n’est comparé avec ce qu’elle aurait.\n", store.Name(i.Store))
}

func (i importCmd) parse(c console, source *referential.Source, ref registry.Reference) (registry.ReferenceChange, referential.Report, error) {
	read, err := readers[i.Kind](ref)
	if err != nil {
		return registry.ReferenceChange{}, referential.Report{}, err
	}
	bar := c.bar(source.Size, "Lecture")
	source.OnRead = bar.set
	change, report, err := read(source)
	return change, report, errors.Join(err, bar.finish())
}

func (i importCmd) apply(ctx context.Context, c console, source *referential.Source, change registry.ReferenceChange) (err error) {
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, seeded, err := openStore(ctx, i.Store, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if seeded {
		if err := c.printf("Nouvelle base créée : %s, avec les données de référence du programme.\n", store.Name(i.Store)); err != nil {
			return err
		}
	}
	rows := referential.Rows(change)
	bar := c.bar(int64(rows), "Enregistrement")
	err = referential.Apply(ctx, g, st, by, change, source.Digest, func(done int) { bar.set(int64(done)) })
	if err := errors.Join(err, bar.finish()); err != nil {
		return err
	}
	// Where a locality is comes from the row of the locality, and a centre that is gone from none.
	return c.printf("Enregistré dans %s : %s.\n", store.Name(i.Store), count(rows-len(change.Points)-len(change.GonePlaces), "ligne", "lignes"))
}

// shownRemarks is how many rejected rows the console shows; the file of --rejected has all.
const shownRemarks = 10

// tell prints the report and writes the file of rejected rows.
func (i importCmd) tell(ctx context.Context, c console, r referential.Report) error {
	if i.Rejected != "" {
		if err := writeRejected(ctx, i.Rejected, r); err != nil {
			return err
		}
	}
	err := c.printf("%s (%s) : %s.\n  acceptées : %s\n  en double : %s\n  rejetées : %s\n", r.File, r.Encoding,
		count(r.Read, "ligne lue", "lignes lues"), registry.FrenchNumber(r.Accepted), registry.FrenchNumber(r.Duplicates), registry.FrenchNumber(len(r.Rejected)))
	if len(r.Warned) > 0 {
		err = errors.Join(err, c.printf("  acceptées mais à vérifier : %s\n", registry.FrenchNumber(len(r.Warned))))
	}
	if skipped := r.SkippedRows(); skipped > 0 {
		err = errors.Join(err, c.printf("  laissées de côté : %s\n", registry.FrenchNumber(skipped)))
	}
	for _, s := range r.Skipped {
		err = errors.Join(err, c.printf("    %s : %s\n", s.Reason, registry.FrenchNumber(s.Rows)))
	}
	for n, m := range r.Rejected {
		if n == shownRemarks {
			err = errors.Join(err, c.printf("  … et %s.\n", count(len(r.Rejected)-n, "autre ligne rejetée", "autres lignes rejetées")))
			break
		}
		err = errors.Join(err, c.printf("  ligne %d%s : %s\n", m.Line, inColumn(m.Column), m.Reason))
	}
	if i.Rejected != "" {
		err = errors.Join(err, c.printf("Liste complète : %s\n", i.Rejected))
	}
	return err
}

func inColumn(column string) string {
	if column == "" {
		return ""
	}
	return ", colonne « " + column + " »"
}

func writeRejected(ctx context.Context, path string, r referential.Report) (err error) {
	f, err := createList(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return r.WriteCSV(f)
}

// count says how many of what: «1 ligne», «36 812 lignes».
func count(n int, one, many string) string {
	if n < 2 {
		return registry.FrenchNumber(n) + " " + one
	}
	return registry.FrenchNumber(n) + " " + many
}

// rated says how many there were a second.
func rated(n int64, took time.Duration, one, many string) string {
	return count(int(float64(n)/max(took.Seconds(), 0.001)), one, many)
}
