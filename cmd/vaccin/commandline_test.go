package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"vaccin/internal/commandline"
)

// Whatever is wrong with a command line is told in French, with what to do. What kong says in another way one day comes with its own words:
// then a case fails.
func TestAWrongCommandLineIsToldInFrench(t *testing.T) {
	file, where := newStore(t), t.TempDir()
	for _, c := range []struct{ line, want string }{
		{"", "Indiquez ce qu’il faut faire : audit, campaign, copy, import,"},
		{"letters", "Indiquez ce qu’il faut faire : list, make, write, drop. « vaccin letters --help » dit"},
		{"frobnicate", "« frobnicate » n’est pas attendu ici. « vaccin --help » dit"},
		{"serv", "« serv » n’est pas attendu ici. Vouliez-vous dire serve ?"},
		{"letters list 1 2", "« 2 » n’est pas attendu ici. « vaccin letters list --help » dit"},
		{"serve --frob", "Cette commande n’a pas d’option --frob. « vaccin serve --help »"},
		{"target --nir-key-file k", "Cette commande n’a pas d’option --nir-key-file. « vaccin target --help »"}, // others have
		{"import lots x --nir-key-file k", "« vaccin import lots » n’a pas d’option --nir-key-file : seul l’import de la population a besoin de clés. « vaccin import --help »"},
		{"import --key-file=k places x", "« vaccin import places » n’a pas d’option --key-file : seul"},
		{"import finess x --nir-key-command k", "« vaccin import finess » n’a pas d’option --nir-key-command : seul"},
		{"import lots x --erase-absent-columns commune", "« vaccin import lots » n’a pas d’option --erase-absent-columns : seul l’import de la population efface des colonnes. « vaccin import --help »"},
		{"serve --stor x", "Cette commande n’a pas d’option --stor. Vouliez-vous dire --store ?"},
		{"letters list", "Il manque <ciblage>."},
		{"import", "Il manque <nature> <fichier>."},
		{"import --nir-key-file k", "Il manque <nature> <fichier>."},
		{"copy", "Il manque --from=FICHIER, --to=ADRESSE."},
		{"letters list abc", "<ciblage> : « abc » n’est pas un nombre entier"},
		{"letters list 99999999999999999999", "<ciblage> : « 99999999999999999999 » n’est pas un nombre entier, ou il est trop grand."},
		{"letters make 1 --again=zz", "--again : Donnez la référence de l’envoi telle que les lettres la portent"},
		{"letters make 1 --kind=papyrus", "--kind : « papyrus » ne convient pas. Choisissez parmi pdf, csv."},
		{"keys new foo", "[<nature>] : « foo » ne convient pas. Choisissez parmi seal, blind."},
		{"letters make 1 --to=" + where + "/absent", "--to : « " + where + "/absent » n’existe pas. Vérifiez ce nom"},
		{"letters make 1 --to=" + file, "--to : « " + file + " » n’est pas un dossier."},
		{"migrate --store", "--store : il manque sa valeur. « vaccin migrate --help »"},
		{"serve --listen --store x", "--listen : il manque sa valeur. « vaccin serve --help »"},
		{"audit verify --early=x", "--early : « x » n’est pas une durée. Écrivez-la comme 30s, 15m ou 4h."},
		{"import lots x --dry-run=peut-être", "--dry-run : « peut-être » ne convient pas. Donnez true ou false."},
	} {
		_, err := parserOf(&cli{}).Parse(strings.Fields(c.line))
		var refused *kong.ParseError
		if !errors.As(err, &refused) {
			t.Errorf("vaccin %s: %v", c.line, err)
			continue
		}
		got := strings.ReplaceAll(commandline.Refusal(refused, explained), "\u00a0", " ")
		if !strings.HasPrefix(got, c.want) || strings.Contains(got, "en anglais") || !strings.HasSuffix(got, "dit ce qui est attendu.") {
			t.Errorf("vaccin %s: %q, want %q", c.line, got, c.want)
		}
	}
}

// The keys of the environment are there for all commands, and a population needs them. Of commands that are used together all take the options of the others.
func TestKeysAreTakenWhereTheyAreOfUse(t *testing.T) {
	t.Setenv("VACCIN_NIR_KEY_FILE", "k")
	t.Setenv("VACCIN_KEY_FILE", "k")
	for _, line := range []string{
		"import lots x", "import population x --nir-key-file k --key-file k",
		"letters list 1 --nir-key-file k --key-file k", "letters drop C1-0001 --nir-key-command k",
	} {
		if _, err := parserOf(&cli{}).Parse(strings.Fields(line)); err != nil {
			t.Errorf("vaccin %s: %v", line, err)
		}
	}
}

func TestAWrongVariableIsNamed(t *testing.T) {
	t.Setenv("VACCIN_SESSION_IDLE", "bientôt")
	_, err := parserOf(&cli{}).Parse([]string{"serve", "--key-file", "k"})
	var refused *kong.ParseError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(commandline.Refusal(refused, explained), "\u00a0", " "); !strings.HasPrefix(got, "--idle : « bientôt » n’est pas une durée.") || !strings.Contains(got, "La valeur est celle de VACCIN_SESSION_IDLE.") {
		t.Errorf("it says %q", got)
	}
}

// Every command has its help, of which no word is kong's own.
func TestTheHelpOfEveryCommandIsFrench(t *testing.T) {
	for _, command := range parserOf(&cli{}).Model.Leaves(true) {
		parser := parserOf(&cli{})
		var out bytes.Buffer
		parser.Stdout = &out
		ctx, err := kong.Trace(parser, strings.Fields(command.FullPath())[1:])
		if err == nil {
			err = ctx.PrintUsage(false)
		}
		if err != nil {
			t.Fatal(err)
		}
		help := out.String()
		if command.Help == "" || !strings.HasPrefix(help, "Utilisation\u00a0: "+command.FullPath()) || !strings.Contains(help, "Afficher cette aide.") {
			t.Errorf("%s: %s", command.FullPath(), help)
		}
		for _, english := range regexp.MustCompile(`\b(?:Usage|Flags|flags|[Tt]he|of|that|STRING|INT|DURATION)\b`).FindAllString(help, -1) {
			t.Errorf("the help of %s says %q", command.FullPath(), english)
		}
	}
}

// The name of a column and of a file are told to a terminal, whoever chose them: nothing of them moves its cursor, hides a line, or turns it round.
func TestNothingMovesTheTerminal(t *testing.T) {
	const bell, escape, override, c1 = "\a", "\x1b", "\u202e", "\u009b"
	hostile := "nom\x1b]0;titre\a\x1b[8m\u202e\u009b2J"
	path := filepath.Join(t.TempDir(), "personnes"+escape+"[2J.csv")
	text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe;\"" + hostile + "\"\n" +
		"269054958815780;19690512;1;Exemple;Jeanne;F;x\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	trial := importCmd{Kind: "population", File: path, DryRun: true}
	trial.Store = filepath.Join(t.TempDir(), "none.db")
	if err := trial.population(t.Context(), console{out: &out}); err != nil {
		t.Fatal(err)
	}
	for _, sign := range []string{bell, escape, override, c1} {
		if strings.Contains(out.String(), sign) {
			t.Errorf("the terminal is told %q in %q", sign, out.String())
		}
	}
	for _, want := range []string{"Colonne ignorée, que le format ne connaît pas\u00a0: nom\ufffd]0", "titre\ufffd\ufffd[8m\ufffd\ufffd2J\n", "personnes\ufffd[2J.csv"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told in %q", want, out.String())
		}
	}
}
