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

	"vaccin/internal/registry"
	"vaccin/internal/store"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

// cli is the command line: one field for each command.
type cli struct {
	Audit         auditCmd         `cmd:"" help:"Prove that nobody tampered with the access log, or find where."`
	Campaign      campaignCmd      `cmd:"" help:"List and show targeting campaigns (docs/formats/campaigns.md)."`
	Copy          copyCmd          `cmd:"" help:"Copy the embedded store to a PostgreSQL database, and check that nothing differs."`
	Import        importCmd        `cmd:"" help:"Import reference data, or the insured persons, from a file (docs/formats)."`
	Keys          keysCmd          `cmd:"" help:"Look after the keys under which identities are kept (docs/runbooks/keys.md)."`
	Letters       lettersCmd       `cmd:"" help:"Print the letters of a run in batches, and batches again (docs/formats/letters.md)."`
	Migrate       migrateCmd       `cmd:"" help:"Create the store or bring it to this version, with the reference data that ship."`
	PortalAccount portalAccountCmd `cmd:"" name:"portal-account" help:"Look after the accounts of the amelipro portal."`
	Serve         serveCmd         `cmd:"" help:"Serve the pages."`
	Target        targetCmd        `cmd:"" help:"Count the persons of the runs of campaigns that wait for it, and carry out those approved."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
}

// console is where a command writes.
type console struct {
	out      io.Writer // what it found and did, in French
	progress io.Writer // progress bars; nil when nobody watches a terminal
}

func (c console) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(c.out, format, args...)
	return err
}

func main() { os.Exit(run(os.Args[1:])) }

// errReserve comes with the sentence of a command that did its work, and found nothing wrong but something that
// somebody has to look at.
var errReserve = errors.New("to be looked at")

// codeReserve is the exit code of errReserve; 2 is what shells and others use for a wrong command line.
const codeReserve = 3

// run runs a command and returns the exit code: 0 when it did its work, 1 when it could not, codeReserve when what it
// found has to be looked at.
func run(args []string) int {
	var flags cli
	parser := kong.Must(&flags, kong.Name("vaccin"), kong.Description("Vaccin COVID: the service and its operator's tools."))
	command, err := parser.Parse(args)
	var refused *kong.ParseError
	if errors.As(err, &refused) {
		return refuse(refused)
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
		fmt.Fprintln(os.Stderr, "vaccin : "+sentence(err))
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
		return "Le premier import de la population n’est pas terminé : relancez d’abord « vaccin import population » avec le même fichier. Le service ne peut pas démarrer avant."
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
