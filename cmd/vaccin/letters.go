package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/service"
	"vaccin/internal/store"
)

// lettersCmd makes the letters of runs, and prints batches again.
type lettersCmd struct {
	List  lettersListCmd  `cmd:"" help:"Lister les envois d’un ciblage, avec qui chacun a laissé de côté et pourquoi."`
	Make  lettersMakeCmd  `cmd:"" help:"Imprimer les lettres à ceux qu’un ciblage a retenus et à qui personne n’a encore écrit. En cas d’interruption, relancez la même commande."`
	Write lettersWriteCmd `cmd:"" help:"Réimprimer un envoi, à l’octet près ; refusé si, depuis, une de ses personnes est décédée, s’oppose ou a déménagé, ou si un centre qu’il indique ne reçoit plus le public."`
	Drop  lettersDropCmd  `cmd:"" help:"Abandonner un envoi avant qu’il soit imprimé : ceux à qui il aurait écrit peuvent être dans un autre."`
}

// letterFlags are the flags of commands on letters.
type letterFlags struct {
	ringFlags `embed:""`
	Letter    service.LetterConfig `embed:"" prefix:"letter-"`
}

type lettersListCmd struct {
	ringFlags `embed:""` // so that one line of options serves for all commands on letters
	Number    int        `arg:"" name:"ciblage" help:"Numéro du ciblage, tel que sa page l’affiche."`
}

// Run lists batches. It needs no key: no person is read.
func (l lettersListCmd) Run(ctx context.Context, c console) (err error) {
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, err := l.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	_, all, err := g.Batches(ctx, by, l.Number)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return c.printf("Aucun envoi n’a encore été préparé pour ce ciblage.\n")
	}
	who, err := g.Colleagues(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		if err := tellBatch(c, b, who); err != nil {
			return err
		}
	}
	return nil
}

// whoDropped says by whom a batch was dropped and, where the service did by itself, why.
func whoDropped(b registry.Batch, who registry.Colleagues) string {
	if why := b.DropReason.Label(); why != "" {
		return "par le service (" + why + ")"
	}
	return "par " + who.WhoIs(b.DroppedBy)
}

// handedOver says how often the letters of a batch were handed over, if they were.
func handedOver(b registry.Batch) string {
	if n := len(b.Deliveries); n > 0 {
		return ", remis " + registry.FrenchNumber(n) + " fois"
	}
	return ""
}

// tellBatch tells what is known of a batch, with the moments and names of its page.
func tellBatch(c console, b registry.Batch, who registry.Colleagues) error {
	line := b.Reference() + " : " + b.State.Label() + ", " + b.Kind.Label() + ", " + count(b.Letters, "lettre", "lettres")
	if b.Again > 0 {
		line += ", aux mêmes personnes que " + registry.BatchKey{Run: b.Run, Part: b.Again}.Reference()
	}
	line += ", demandé par " + who.WhoIs(b.AskedBy) + " le " + registry.FrenchMoment(b.AskedAt, "")
	if b.State == registry.BatchDropped {
		line += ", abandonné " + whoDropped(b, who) + " le " + registry.FrenchMoment(b.DroppedAt, "")
	}
	line += handedOver(b)
	if b.ListsNone() {
		line += "\n  aucun lieu de vaccination indiqué : les lettres disent où se renseigner"
	}
	for _, out := range b.LeftOut.Counts() {
		if out.Persons > 0 {
			line += "\n  laissées de côté, " + out.Label + " : " + registry.FrenchNumber(out.Persons)
		}
	}
	if b.Digest != "" {
		line += "\n  SHA-256 " + b.Digest + ", " + registry.FrenchNumber(int(b.Size)) + " octets"
	}
	return c.printf("%s\n", line)
}

type lettersMakeCmd struct {
	letterFlags `embed:""`
	Number      int    `arg:"" name:"ciblage" help:"Numéro du ciblage, tel que sa page l’affiche."`
	Kind        string `enum:"pdf,csv" default:"pdf" help:"PDF à imprimer tel quel, ou CSV pour un imprimeur qui compose les lettres (docs/formats/letters.md) : ${enum}."`
	To          string `type:"existingdir" default:"." help:"Dossier où les fichiers sont créés, lisibles de leur propriétaire seul."`
	All         bool   `help:"Continuer jusqu’à avoir examiné tout le ciblage, un fichier par tranche de 100 000 lettres."`
	Again       ofRun  `placeholder:"ENVOI" help:"Aux mêmes personnes que cet envoi du ciblage, telles qu’elles sont à présent : C12-0003, ou 3."`
}

// ofRun is a batch by its number in a run that is named beside it, or by its reference.
type ofRun struct{ registry.BatchKey }

// UnmarshalText reads a number or a reference.
func (o *ofRun) UnmarshalText(text []byte) (err error) {
	if part, failed := strconv.ParseUint(string(text), 10, 31); failed == nil && part > 0 {
		o.BatchKey = registry.BatchKey{Part: int(part)}
		return nil
	}
	o.BatchKey, err = registry.ParseReference(string(text))
	return err
}

// Run makes batches. One that was asked for and not made whole is gone on with first, and one of which the file never was made before that.
func (m lettersMakeCmd) Run(ctx context.Context, c console) (err error) {
	if m.All && m.Again.Part > 0 {
		return registry.Invalid("Donnez --all ou --again, pas les deux.")
	}
	if m.Again.Run > 0 && m.Again.Run != m.Number {
		return registry.Invalid("L’envoi " + m.Again.Reference() + " n’est pas de ce ciblage\u00a0: donnez un envoi du ciblage n°\u00a0" + strconv.Itoa(m.Number) + ".")
	}
	printer, err := m.Letter.Printer()
	if err != nil {
		return err
	}
	st, g, by, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for {
		b, err := m.next(ctx, g, by, printer)
		if err != nil {
			return err
		}
		late := b.State == registry.BatchPrinted
		if late {
			if err := c.printf("L’envoi %s est prêt, mais son fichier n’a été remis à personne\u00a0: le voici d’abord.\n", b.Reference()); err != nil {
				return err
			}
		}
		b, err = m.print(ctx, c, g, by, b, printer)
		if late && registry.KindOf(err) == registry.KindConflict { // until then each time that the command is run
			err = errors.Join(err, c.printf("«\u00a0vaccin letters make %d --again %s\u00a0» écrit à ces personnes, telles qu’elles sont aujourd’hui. Faites-le d’abord\u00a0:"+
				" les autres envois viennent après.\n", b.Run, b.Reference()))
		}
		if err != nil {
			return err
		}
		if !m.All || b.Ended { // an empty one ends too, unless all whom it chose were left out when it was to be printed
			return nil
		}
	}
}

// next is the batch to make: one without its file, the one of the run that is not over, or a new one.
func (m lettersMakeCmd) next(ctx context.Context, g *registry.Registry, by registry.Actor, printer registry.BatchPrinter) (registry.Batch, error) {
	_, all, err := g.Batches(ctx, by, m.Number)
	if err != nil {
		return registry.Batch{}, err
	}
	kind := registry.BatchKind(m.Kind)
	for _, b := range all {
		if b.Kind == kind && b.Again == m.Again.Part && neverTaken(b, all) {
			return b, nil
		}
	}
	if n := len(all); n > 0 && !all[n-1].State.Over() {
		b := all[n-1]
		if b.Kind != kind || b.Again != m.Again.Part {
			return b, registry.Conflict("L’envoi " + b.Reference() + " de ce ciblage est encore en préparation (" + toWhom(b.Run, b.Kind, b.Again) +
				"), et vous demandez autre chose (" + toWhom(b.Run, kind, m.Again.Part) + ")\u00a0: terminez-le, ou abandonnez-le, d’abord.")
		}
		return b, nil
	}
	return g.AskBatch(ctx, by, registry.BatchRequest{Run: m.Number, Kind: kind, Known: len(all), Again: m.Again.Part, Sure: true}, printer)
}

// neverTaken tells a batch that a command asked for and whose letters nobody has: it was stopped once they were printed and before their file had its
// name, or a server printed them after it. They would never leave. One of the pages is for who asked for it there, and where letters to the same persons
// came after it, these are the ones to send.
func neverTaken(b registry.Batch, all []registry.Batch) bool {
	later := func(other registry.Batch) bool { return other.Part > b.Part }
	return b.State == registry.BatchPrinted && len(b.Deliveries) == 0 && b.Request == "" && !slices.ContainsFunc(b.Beside(all), later)
}

// toWhom says in which form a batch is, and whether it is to the persons of another.
func toWhom(run int, kind registry.BatchKind, again int) string {
	if again > 0 {
		return kind.Label() + ", aux mêmes personnes que " + registry.BatchKey{Run: run, Part: again}.Reference()
	}
	return kind.Label() + ", aux personnes à qui aucune lettre n’a été faite"
}

// print makes a batch and its file, and tells what came of it.
func (m lettersMakeCmd) print(
	ctx context.Context, c console, g *registry.Registry, by registry.Actor, b registry.Batch, printer registry.BatchPrinter,
) (registry.Batch, error) {
	began, shown := time.Now(), bar{}
	drawn := false
	progress := func(b registry.Batch, printed int) {
		if printed > 0 && !drawn {
			shown, drawn = c.bar(int64(b.Letters), b.Reference()), true
		}
		shown.set(int64(printed))
	}
	path := filepath.Join(m.To, b.FileName())
	who, err := g.Colleagues(ctx)
	if err != nil {
		return b, err
	}
	if err := g.WritesLetters(ctx, by, b); err != nil {
		return b, err
	}
	var made registry.Batch
	err = writeWhole(path, func(w io.Writer) (keep bool, err error) {
		made, err = g.WorkBatch(ctx, by, b.BatchKey, printer, w, progress)
		return made.State == registry.BatchPrinted, err
	}, func() error { return g.Delivered(ctx, by, made) })
	if err := errors.Join(err, shown.finish()); err != nil {
		return made, errors.Join(err, tellNoFile(c, made, err))
	}
	if err := tellBatch(c, made, who); err != nil {
		return made, err
	}
	switch made.State {
	case registry.BatchEmpty:
		return made, nil
	case registry.BatchDropped:
		return made, registry.Conflict("L’envoi " + made.Reference() + " a été abandonné pendant sa préparation, " + whoDropped(made, who) + " :" +
			" il n’a aucune lettre. Relancez la commande pour en préparer un autre.")
	}
	told := c.printf("  %s : %s par seconde\n", path, rated(int64(made.Letters), time.Since(began), "lettre", "lettres"))
	if len(made.Deliveries) > 0 { // another made it at the same time, or a server did and somebody has taken it
		told = errors.Join(told, c.printf("  attention\u00a0: ces mêmes lettres ont été remises par ailleurs. Ne faites partir qu’un seul de ces fichiers.\n"))
	}
	return made, errors.Join(told, tellOthers(ctx, c, g, by, made))
}

// tellNoFile tells of a batch that was printed and of which the file failed: nobody else would be written to in the place of its persons.
func tellNoFile(c console, made registry.Batch, err error) error {
	if refused := (*registry.Error)(nil); made.State != registry.BatchPrinted || errors.As(err, &refused) {
		return nil
	}
	return c.printf("%[1]s est prêt, mais son fichier n’est pas fait\u00a0: «\u00a0vaccin letters write %[1]s\u00a0» le fait, avec les mêmes options, sauf --kind, --all et --again.\n", made.Reference())
}

// tellOthers tells which other letters there are to the persons of a batch, and how often they were handed over.
func tellOthers(ctx context.Context, c console, g *registry.Registry, by registry.Actor, made registry.Batch) error {
	_, all, err := g.Batches(ctx, by, made.Run)
	if err != nil {
		return err
	}
	for _, other := range made.Beside(all) {
		if other.State == registry.BatchPrinted {
			err = errors.Join(err, c.printf("  attention : ces personnes ont aussi une lettre dans %s (%s%s). %s\n",
				other.Reference(), other.Kind.Label(), handedOver(other), registry.OneOfTheseBatches))
		}
	}
	return err
}

type lettersWriteCmd struct {
	letterFlags `embed:""`
	Batch       string `arg:"" name:"envoi" help:"Référence de l’envoi, telle que les lettres la portent : C12-0003."`
	To          string `type:"existingdir" default:"." help:"Dossier où le fichier est créé."`
}

// Run prints a batch again.
func (l lettersWriteCmd) Run(ctx context.Context, c console) (err error) {
	key, err := registry.ParseReference(l.Batch)
	if err != nil {
		return err
	}
	printer, err := l.Letter.Printer()
	if err != nil {
		return err
	}
	st, g, by, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	b, write, err := g.Deliver(ctx, by, key, printer)
	if err != nil {
		return err
	}
	path := filepath.Join(l.To, b.FileName())
	err = writeWhole(path, func(w io.Writer) (bool, error) { return true, write(w) }, func() error { return nil })
	if err != nil {
		return err
	}
	told := c.printf("%s : les mêmes octets, SHA-256 %s\n", path, b.Digest)
	return errors.Join(told, tellOthers(ctx, c, g, by, b))
}

type lettersDropCmd struct {
	ringFlags `embed:""` // as of the others
	Batch     string     `arg:"" name:"envoi" help:"Référence de l’envoi : C12-0003."`
}

// Run drops a batch. It needs no key: no person is read.
func (l lettersDropCmd) Run(ctx context.Context, c console) (err error) {
	key, err := registry.ParseReference(l.Batch)
	if err != nil {
		return err
	}
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, err := l.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	who, err := g.Colleagues(ctx)
	if err != nil {
		return err
	}
	b, err := g.DropBatch(ctx, by, key)
	if err != nil {
		return err
	}
	return tellBatch(c, b, who)
}
