// Command vaccin is the Vaccin COVID service and its operator's tools: it serves the pages, prepares the
// store and imports reference data. It decides nothing itself: commands read flags, wire the packages
// that do the work, and tell in French what came of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"vaccin/internal/commandline"
	"vaccin/internal/registry"
	"vaccin/internal/store"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// cli is the command line: one field for each command.
type cli struct {
	Audit         auditCmd         `cmd:"" help:"Prouver que personne n’a altéré le journal des accès, ou trouver où."`
	Campaign      campaignCmd      `cmd:"" help:"Apporter, lister et montrer les campagnes de ciblage (docs/formats/campaigns.md)."`
	Copy          copyCmd          `cmd:"" help:"Copier la base embarquée dans une base PostgreSQL, et vérifier que rien ne diffère."`
	Import        importCmd        `cmd:"" help:"Importer depuis un fichier des données de référence, ou les assurés (docs/formats)."`
	Keys          keysCmd          `cmd:"" help:"Gérer les clés sous lesquelles les identités sont conservées (docs/runbooks/keys.md)."`
	Letters       lettersCmd       `cmd:"" help:"Imprimer par envois les lettres d’un ciblage, et réimprimer un envoi (docs/formats/letters.md)."`
	Migrate       migrateCmd       `cmd:"" help:"Créer la base ou la mettre à jour pour cette version, avec les données de référence fournies."`
	PortalAccount portalAccountCmd `cmd:"" name:"portal-account" help:"Gérer les comptes du portail amelipro."`
	Serve         serveCmd         `cmd:"" help:"Servir les pages."`
	Target        targetCmd        `cmd:"" help:"Décompter les ciblages qui attendent de l’être, et exécuter ceux qui sont approuvés."`
	Version       versionCmd       `cmd:"" help:"Afficher la version."`
}

// console is where a command writes.
type console struct {
	out      io.Writer // what it found and did, in French
	progress io.Writer // progress bars; nil when nobody watches a terminal
}

func (c console) printf(format string, args ...any) error {
	_, err := io.WriteString(c.out, commandline.Readable(fmt.Sprintf(format, args...)))
	return err
}

func main() { os.Exit(run(os.Args[1:])) }

// parserOf reads command lines into flags.
func parserOf(flags *cli) *kong.Kong {
	return commandline.Parser(flags, "vaccin", "Vaccin COVID\u00a0: le service et les outils de son exploitant.")
}

// explained says what is wrong with a value of the command line.
func explained(err error) string {
	var refused *registry.Error
	if errors.As(err, &refused) {
		return refused.Message
	}
	return fileSentence(err)
}

// errReserve comes with the sentence of a command that did its work, and found nothing wrong but something that
// somebody has to look at.
var errReserve = errors.New("to be looked at")

// codeReserve is the exit code of errReserve; 2 is what shells and others use for a wrong command line.
const codeReserve = 3

// run runs a command and returns the exit code: 0 when it did its work, 1 when it could not, codeReserve when what it
// found has to be looked at.
func run(args []string) int {
	var flags cli
	parser := parserOf(&flags)
	command, err := parser.Parse(args)
	var refused *kong.ParseError
	if errors.As(err, &refused) {
		return commandline.Refuse(refused, explained)
	}
	parser.FatalIfErrorf(err)
	ctx, stop := signal.NotifyContext(context.Background(), stopping()...)
	defer stop()
	c := console{out: os.Stdout}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		c.progress = os.Stderr
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.Bind(c)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, commandline.Readable("vaccin : "+sentence(err)))
		if errors.Is(err, errReserve) {
			return codeReserve
		}
		return 1
	}
	return 0
}

// stopping are the signals upon which a command stops in good order: a terminal that is closed leaves no letters half written behind. Who has it
// ignored, by nohup, has the command go on.
func stopping() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// withWhichFile says how an import that closed the database is ended.
const withWhichFile = "avec le même fichier, ou avec un autre et «\u00a0--replace-unfinished\u00a0» si le premier est perdu ou ne doit plus entrer."

// sentence is an error as the operator reads it: the domain's are French sentences, others technical.
func sentence(err error) string {
	var refused *registry.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "Interrompu. Relancez la même commande pour terminer : rien ne sera enregistré deux fois."
	case errors.As(err, &refused):
		return refused.Message
	case errors.Is(err, store.ErrCopying):
		return "La copie d’une autre base vers celle-ci n’est pas terminée : relancez d’abord « vaccin copy »."
	case errors.Is(err, store.ErrLoading):
		return "L’import de la population qui a fermé cette base n’est pas terminé : relancez d’abord « vaccin import population » " + withWhichFile + " Le service ne peut pas démarrer avant."
	case errors.Is(err, store.ErrKeys):
		return "Les clés d’identité données ne conviennent pas à cette base. Voyez « vaccin keys list ». Détail technique, en anglais : " + err.Error()
	}
	if of := lackSentence(err); of != "" {
		return of + " Détail technique, en anglais\u00a0: " + err.Error()
	}
	if of := fileSentence(err); of != "" {
		return of + " Détail technique, en anglais : " + err.Error()
	}
	return "échec : " + err.Error()
}
