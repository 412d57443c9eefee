package commandline

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// What kong finds wrong with a command line, as people read it.

// saying is a sentence of kong's and what stands for it. «what» is what the sentence is about, «other» what else it tells: a list of choices, a
// suggestion, or what was given.
type saying struct {
	english *regexp.Regexp
	french  string
}

// noChoice is a choice among several that may be left out.
var noChoice = regexp.MustCompile(`,""|"",`)

var sayings = []saying{
	{regexp.MustCompile(`^(?:expected|missing flags:) (?P<what>.+)$`), "Il manque $what."},
	{regexp.MustCompile(`^unexpected argument (?P<what>.+), did you mean (?:one of )?(?P<other>.+)\?$`), "« $what » n’est pas attendu ici. Vouliez-vous dire $other ?"},
	{regexp.MustCompile(`^unexpected argument (?P<what>.+)$`), "« $what » n’est pas attendu ici."},
	{regexp.MustCompile(`^unknown flag (?P<what>.+), did you mean (?:one of )?(?P<other>.+)\?$`), "Cette commande n’a pas d’option $what. Vouliez-vous dire $other ?"},
	{regexp.MustCompile(`^unknown flag (?P<what>.+)$`), "Cette commande n’a pas d’option $what."},
	{regexp.MustCompile(`^(?P<what>\S+): expected .*but got (?:"EOL"|".*" \((?:long|short) flag\))`), "$what : il manque sa valeur."},
	{regexp.MustCompile(`^(?P<what>\S+): expected a valid \d+ bit u?int but got "(?P<other>.*)"$`), "$what : « $other » n’est pas un nombre entier, ou il est trop grand."},
	{regexp.MustCompile(`^(?P<what>\S+): expected duration but got "(?P<other>.*?)".*$`), "$what : « $other » n’est pas une durée. Écrivez-la comme 30s, 15m ou 4h."},
	{regexp.MustCompile(`^(?P<what>\S+): bool value must be .* but got "(?P<other>.*)"$`), "$what : « $other » ne convient pas. Donnez true ou false."},
	{regexp.MustCompile(`^(?P<what>\S+) must be one of (?P<other>.+) but got "(?P<given>.*)"$`), "$what : « $given » ne convient pas. Choisissez parmi $other."},
	{regexp.MustCompile(`^(?P<what>\S+): "(?P<other>.+)" exists but is not a directory$`), "$what : « $other » n’est pas un dossier. Donnez le nom d’un dossier qui existe."},
}

// fromVariable is what kong adds where a value comes from the environment.
var fromVariable = regexp.MustCompile(`(?s)^(.*) \(from envar (\w+)=".*"\)$`)

// Refusal is what is wrong with a command line, and how to know more, in French. explained, if there is one, says what is wrong with a value,
// or nothing where it is not for it to say.
func Refusal(err *kong.ParseError, explained func(error) string) string {
	at := err.Context.Model.Node
	if command := err.Context.Selected(); command != nil {
		at = command
	}
	text, from := err.Error(), ""
	if m := fromVariable.FindStringSubmatch(text); m != nil {
		text, from = m[1], " La valeur est celle de "+m[2]+"."
	}
	said := wrong(err, text, explained)
	if strings.HasPrefix(text, "expected one of ") { // of which kong names five
		var commands []string
		for _, c := range at.Children {
			commands = append(commands, c.Name)
		}
		said = "Indiquez ce qu’il faut faire : " + strings.Join(commands, ", ") + "."
	}
	return said + from + " « " + at.FullPath() + " --help » dit ce qui est attendu."
}

// unquoted writes lists as people read them.
var unquoted = strings.NewReplacer(`","`, ", ", `"`, "")

// wrong is what is wrong, in French.
func wrong(err error, text string, explained func(error) string) string {
	said := ""
	if explained != nil {
		said = explained(err)
	}
	if said != "" {
		option, _, _ := strings.Cut(text, ": ")
		if !strings.ContainsAny(option[:1], "-<[") { // a command, which the sentence names
			return said
		}
		return option + "\u00a0: " + said
	}
	text = noChoice.ReplaceAllString(text, "")
	for _, s := range sayings {
		if m := s.english.FindStringSubmatchIndex(text); m != nil {
			return unquoted.Replace(string(s.english.ExpandString(nil, s.french, text, m)))
		}
	}
	return "La ligne de commande ne convient pas. Détail technique, en anglais : " + text + "."
}

// Refuse tells why a command line is not taken, after the usage of the command, and returns the exit code.
func Refuse(err *kong.ParseError, explained func(error) string) int {
	_ = err.Context.PrintUsage(false)
	fmt.Println()
	fmt.Fprintln(os.Stderr, Readable(err.Context.Model.Name+"\u00a0: "+Refusal(err, explained)))
	return err.ExitCode()
}
