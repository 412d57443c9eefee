// Package commandline is the command line of every program: kong reads it, and what kong says of it in English, its help and what is wrong, is said
// in French. It knows no command and does no work.
package commandline

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// Parser is the reader of a program's command line: target is its commands, options and their help.
func Parser(target any, name, description string, options ...kong.Option) *kong.Kong {
	parser := kong.Must(target, append(options, kong.Name(name), kong.Description(description), kong.Help(printHelp))...)
	parser.Model.HelpFlag.Help = "Afficher cette aide."
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch n := node.(type) {
		case *kong.Application:
			n.Help = unbroken.Replace(n.Help)
		case *kong.Node:
			n.Help = unbroken.Replace(n.Help)
		case *kong.Value:
			n.Help = unbroken.Replace(n.Help)
		case *kong.Flag:
			n.Help = unbroken.Replace(n.Help)
			if n.PlaceHolder == "" && !n.HasDefault && !n.IsBool() {
				n.PlaceHolder = placeholder(n)
			}
		}
		return next(nil)
	})
	return parser
}

// kong breaks lines at no-break spaces too: while it does, others stand for them.
const standIn = "\ue000"

var (
	unbroken = strings.NewReplacer("\u00a0", standIn)
	spaced   = strings.NewReplacer(standIn, "\u00a0")
)

// placeholder stands in the help for the value of an option.
func placeholder(flag *kong.Flag) string {
	switch {
	case flag.Tag.Type != "":
		return "FICHIER"
	case flag.Target.Kind() == reflect.Int, flag.Target.Kind() == reflect.Uint16:
		return "NOMBRE"
	}
	return "TEXTE"
}

// words are those of kong's help, each with what stands for it. None is in what we write ourselves.
var words = []struct {
	english *regexp.Regexp
	french  string
}{
	{regexp.MustCompile(`(?m)^Usage: `), "Utilisation\u00a0: "},
	{regexp.MustCompile(`(?m)^(Utilisation.*) <command>`), "$1 <commande>"},
	{regexp.MustCompile(`(?m)^((?:  )?(?:Utilisation|[a-z]).*) \[flags\]$`), "$1 [options]"},
	{regexp.MustCompile(`(?m)^Arguments:$`), "Arguments\u00a0:"},
	{regexp.MustCompile(`(?m)^Flags:$`), "Options\u00a0:"},
	{regexp.MustCompile(`(?m)^Commands:$`), "Commandes\u00a0:"},
	{regexp.MustCompile(`(?m)^Run "(.*) <command> --help" for more information on a command\.$`), "«\u00a0$1 <commande> --help\u00a0» décrit une commande."},
}

// printHelp is kong's help, in French.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	out := ctx.Stdout
	defer func() { ctx.Stdout = out }()
	var english bytes.Buffer
	ctx.Stdout = &english
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	french := english.String()
	for _, word := range words {
		french = word.english.ReplaceAllString(french, word.french)
	}
	_, err := spaced.WriteString(out, french)
	return err
}
