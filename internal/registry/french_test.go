package registry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// frenchText is a text of the package that people read, and whether it is a whole sentence, given to
// one of the functions that make a refusal or a question.
type frenchText struct {
	where    token.Position
	text     string
	sentence bool
}

// sayers are the functions whose texts are sentences for the person in front of the screen.
var sayers = []string{
	"Invalid", "NotAllowed", "NotFound", "Conflict", "refuse", "ask", "requiredText", "personName", "decideProfessionalNumber",
}

// frenchTexts reads every text of the package: those that start with a capital and hold a space, for
// errors in English start with a small letter.
func frenchTexts(t *testing.T) (texts []frenchText) {
	t.Helper()
	files := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr, sentence bool) {
		text, ok := joined(e)
		first, _ := utf8.DecodeRuneInString(text)
		if ok && strings.ContainsAny(text, " \u00a0") && strings.ContainsFunc(text, unicode.IsLetter) &&
			(unicode.IsUpper(first) || !isASCII(text)) {
			texts = append(texts, frenchText{files.Position(e.Pos()), text, sentence})
		}
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				for _, arg := range n.Args {
					if inner, ok := arg.(*ast.CallExpr); ok && calls(inner) == "Sprintf" {
						arg = inner.Args[0]
					}
					if slices.Contains(sayers, calls(n)) {
						add(arg, true)
					}
				}
			case *ast.BinaryExpr:
				add(n, false)
				_, text := joined(n)
				return !text // the parts of a whole text are not texts
			case *ast.BasicLit:
				add(n, false)
			}
			return true
		})
	}
	return texts
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// calls is the name of the function that is called.
func calls(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// joined is the text of a literal or of a sum of literals; what is not a literal reads as a number.
func joined(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, okA := joined(e.X)
		b, okB := joined(e.Y)
		return a + b, e.Op == token.ADD && (okA || okB)
	}
	return "0", false
}

// The ways a French text goes wrong: straight apostrophes, ordinary spaces where a line must not break,
// no space at all, three dots, straight quotes, a familiar or an officious tone.
var typos = map[string]*regexp.Regexp{
	"a straight apostrophe":              regexp.MustCompile(`\pL'\pL`),
	"an ordinary space before a sign":    regexp.MustCompile(` [:;!?»]`),
	"an ordinary space after «":          regexp.MustCompile(`« `),
	"no space before a sign":             regexp.MustCompile(`[\pL\d][:;!?»](\s|$)`),
	"no space after «":                   regexp.MustCompile(`«[^\x{a0}]`),
	"a number apart from what it counts": regexp.MustCompile(`(\d|%d) (jours?|ans|chiffres|caractères)`),
	"digits apart":                       regexp.MustCompile(`\d \d`),
	"dots or straight quotes":            regexp.MustCompile(`\.\.|"`),
	"two spaces":                         regexp.MustCompile(`\s\s`),
	"a familiar form":                    regexp.MustCompile(`(?i)(^|\s)(tu|ton|ta|tes)(\s|$)`),
	"an old word":                        regexp.MustCompile(`(?i)\b(veuillez|merci de|invalide|erroné|email|mail)\b`),
}

func TestFrenchTextsAreWrittenAsAPublicServiceWritesThem(t *testing.T) {
	texts := frenchTexts(t)
	sentences := 0
	for _, f := range texts {
		for what, typo := range typos {
			if found := typo.FindString(f.text); found != "" {
				t.Errorf("%v: %s: %q in %q", f.where, what, found, f.text)
			}
		}
		if f.sentence {
			sentences++
			if first, _ := utf8.DecodeRuneInString(f.text); !unicode.IsUpper(first) || !strings.HasSuffix(f.text, ".") {
				t.Errorf("%v: no sentence: %q", f.where, f.text)
			}
		}
	}
	if sentences < 60 {
		t.Errorf("only %d sentences were found: the test reads too little", sentences)
	}
}

// The check itself sees each kind of mistake.
func TestTyposAreSeen(t *testing.T) {
	wrong := []string{
		"L'heure", "Voici : rien", "« lot\u00a0»", "Voici: rien", "«lot\u00a0»", "Depuis 3 jours", "06 12", "Attendez...", "Deux  espaces",
		"Vérifie ton code", "Veuillez patienter",
	}
	seen := map[string]bool{}
	for _, text := range wrong {
		for what, typo := range typos {
			if typo.MatchString(text) {
				seen[what] = true
			}
		}
	}
	for what := range typos {
		if !seen[what] {
			t.Errorf("%s is never seen", what)
		}
	}
}
