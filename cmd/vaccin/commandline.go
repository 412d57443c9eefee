package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"syscall"

	"vaccin/internal/registry"

	"github.com/alecthomas/kong"
)

// What the reader of the command line finds wrong, which it tells in English, and what files are that are not there, as the
// operator reads it.

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

// refusalOf is what is wrong with a command line, and how to know more.
func refusalOf(err *kong.ParseError) string {
	at := err.Context.Model.Node
	if command := err.Context.Selected(); command != nil {
		at = command
	}
	text, from := err.Error(), ""
	if m := fromVariable.FindStringSubmatch(text); m != nil {
		text, from = m[1], " La valeur est celle de "+m[2]+"."
	}
	said := wrong(err, text)
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
func wrong(err error, text string) string {
	option, _, _ := strings.Cut(text, ": ")
	var refused *registry.Error
	if errors.As(err, &refused) {
		if !strings.ContainsAny(option[:1], "-<[") { // a command, which the sentence names
			return refused.Message
		}
		return option + " : " + refused.Message
	}
	if of := fileSentence(err); of != "" {
		return option + " : " + of
	}
	text = noChoice.ReplaceAllString(text, "")
	for _, s := range sayings {
		if m := s.english.FindStringSubmatchIndex(text); m != nil {
			return unquoted.Replace(string(s.english.ExpandString(nil, s.french, text, m)))
		}
	}
	return "La ligne de commande ne convient pas. Détail technique, en anglais : " + text + "."
}

// fileSentence says what is wrong with a file or folder, where that is what an error says.
func fileSentence(err error) string {
	var renamed *os.LinkError
	if errors.As(err, &renamed) {
		return "« " + renamed.New + " » ne peut pas prendre son nom. Vérifiez que son dossier est toujours là, et qu’aucun dossier ne porte ce nom."
	}
	var at *fs.PathError
	if !errors.As(err, &at) {
		return ""
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "Il n’y a plus de place pour « " + at.Path + " » : faites-en sur son disque, puis relancez la même commande."
	case errors.Is(err, syscall.EROFS):
		return "Le disque de « " + at.Path + " » est en lecture seule. Donnez un autre dossier."
	case errors.Is(err, fs.ErrNotExist):
		return "« " + at.Path + " » n’existe pas. Vérifiez ce nom, et que son dossier existe."
	case errors.Is(err, fs.ErrPermission):
		return "L’accès à « " + at.Path + " » est refusé. Vérifiez ses droits, et le compte qui lance la commande."
	}
	return ""
}

// refuse tells why a command line is not taken, after the usage of the command, and returns the exit code.
func refuse(err *kong.ParseError) int {
	_ = err.Context.PrintUsage(false)
	fmt.Println()
	fmt.Fprintln(os.Stderr, "vaccin : "+refusalOf(err))
	return err.ExitCode()
}
