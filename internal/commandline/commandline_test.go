package commandline_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"vaccin/internal/commandline"
)

type program struct {
	Read struct {
		File   string `arg:"" name:"fichier" type:"path" help:"Le fichier à lire."`
		To     string `type:"path" help:"Où écrire."`
		Called string `help:"Comment l’appeler\u00a0; « long » s’écrit avec ses espaces insécables, où que la ligne soit coupée\u00a0: jamais avant un point-virgule\u00a0; jamais avant deux points\u00a0: jamais."`
		Times  int    `required:"" help:"Combien de fois."`
		Often  int    `default:"3" help:"Tous les combien."`
		Dry    bool   `help:"Ne rien écrire."`
	} `cmd:"" help:"Lire un fichier\u00a0: le premier."`
	Stop struct{} `cmd:"" help:"S’arrêter."`
}

// helpOf is the help of a command, or of the whole program.
func helpOf(t *testing.T, command ...string) string {
	t.Helper()
	parser := commandline.Parser(&program{}, "lecteur", "Lire des fichiers\u00a0: un essai.")
	var out bytes.Buffer
	parser.Stdout = &out
	ctx, err := kong.Trace(parser, command)
	if err != nil {
		t.Fatal(err)
	}
	if err := ctx.PrintUsage(false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHelpIsFrench(t *testing.T) {
	for _, c := range []struct {
		command []string
		want    []string
	}{
		{nil, []string{
			"Utilisation\u00a0: lecteur <commande>\n", "Lire des fichiers\u00a0: un essai.\n", "Options\u00a0:\n", "Afficher cette aide.", "Commandes\u00a0:\n",
			"  read --times=NOMBRE <fichier> [options]\n", "    Lire un fichier\u00a0: le premier.\n", "«\u00a0lecteur <commande> --help\u00a0» décrit une commande.\n",
		}},
		{[]string{"read"}, []string{
			"Utilisation\u00a0: lecteur read --times=NOMBRE <fichier> [options]\n", "Arguments\u00a0:\n", "--to=FICHIER ", "--called=TEXTE ", "--often=3 ", "--dry ",
		}},
	} {
		got := helpOf(t, c.command...)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("the help of %q lacks %q:\n%s", c.command, want, got)
			}
		}
		for _, english := range []string{"Usage", "Flags", "[flags]", "Commands:", "Arguments:", "Run ", "Show", "STRING", "\ue000"} {
			if strings.Contains(got, english) {
				t.Errorf("the help of %q says %q:\n%s", c.command, english, got)
			}
		}
	}
}

// Lines are broken at spaces, and never before a sign that a no-break space leads to.
func TestHelpBreaksNoLineAtANoBreakSpace(t *testing.T) {
	for line := range strings.Lines(helpOf(t, "read")) {
		if text := strings.TrimSpace(line); strings.HasPrefix(text, ";") || strings.HasPrefix(text, ":") || strings.HasPrefix(text, "»") {
			t.Errorf("a line begins with %q", text)
		}
	}
}

func TestARefusalIsThatOfTheValueWhereSomebodyExplainsIt(t *testing.T) {
	_, err := commandline.Parser(&program{}, "lecteur", "").Parse([]string{"read", "x", "--times=beaucoup"})
	var refused *kong.ParseError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	for want, explained := range map[string]func(error) string{
		"--times\u00a0: «\u00a0beaucoup\u00a0» n’est pas un nombre entier, ou il est trop grand. «\u00a0lecteur read --help\u00a0» dit ce qui est attendu.": nil,
		"--times\u00a0: Dites combien. «\u00a0lecteur read --help\u00a0» dit ce qui est attendu.":                                                           func(error) string { return "Dites combien." },
	} {
		if got := commandline.Refusal(refused, explained); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
