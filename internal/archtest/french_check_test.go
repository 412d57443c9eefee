package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// french is where French stands that is shown on pages, and what the terminal shows, which prints sentences of the domain too: one
// sentence is not spaced in two ways. Package document spaces what it prints itself.
const french = "cmd/... internal/web/... internal/registry internal/referential/... internal/vitale/... internal/targeting"

// loose is a space at which a line may break before a sign of French that does not begin one, or after a quotation mark that ends none.
var loose = regexp.MustCompile(`[\p{L}»)}] [:;?!»]( |[.,)<"]|$)|^ [:;?!»]( |$)|« |n° [{\d%]`)

// checkFrench finds plain spaces where French has one that does not break.
func checkFrench(sources []source, texts []text) (found []finding) {
	shown := func(folder string) bool {
		for pattern := range strings.FieldsSeq(french) {
			if matches(pattern, folder) {
				return !strings.HasSuffix(folder, "test")
			}
		}
		return false
	}
	add := func(name string, line int, of string) {
		found = append(found, finding{"french", fmt.Sprintf("%s:%d", name, line), fmt.Sprintf("a line may break within %q", of)})
	}
	for _, s := range sources {
		if s.generated || s.test() || !shown(s.pkg()) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if value, err := strconv.Unquote(literal.Value); err == nil && loose.MatchString(value) {
					add(s.path, s.line(literal.Pos()), loose.FindString(value))
				}
			}
			return true
		})
	}
	for _, t := range texts {
		if path.Ext(t.path) != ".templ" || !shown(path.Dir(t.path)) {
			continue
		}
		for i, line := range strings.Split(string(t.content), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "//") && loose.MatchString(line) {
				add(t.path, i+1, loose.FindString(line))
			}
		}
	}
	return found
}

func TestLooseFrenchIsFound(t *testing.T) {
	for content, want := range map[string]int{
		`"Où aller ?"`: 1, `"ceci : cela"`: 1, `"« cela"`: 1, `"le n° 12"`: 1, `"un ; deux"`: 1, `" : suite"`: 1, `" ;"`: 1, `"«` + "\u00a0" + `cela »"`: 1,
		`"Où aller` + "\u00a0" + `?"`: 0, `"ceci\u00a0: cela"`: 0, `"reading it: %w"`: 0, `"a = b ? c"`: 1, `"16:30"`: 0, `"https://x"`: 0,
	} {
		s := made(t, "internal/web/x.go", "package web\n\nconst x = "+content+"\n")
		if got := len(checkFrench([]source{s}, nil)); got != want {
			t.Errorf("%s: %d, want %d", content, got, want)
		}
		if s.path = "internal/store/x.go"; len(checkFrench([]source{s}, nil)) != 0 {
			t.Errorf("%s is found where nothing is shown", content)
		}
		page := text{"internal/web/x.templ", []byte("<p>" + strings.Trim(content, `"`) + "</p>\n// ceci : cela")}
		if strings.Contains(content, `\u`) || strings.HasPrefix(content, `" `) { // what follows something is beside it on a page
			continue
		}
		if got := len(checkFrench(nil, []text{page})); got != want {
			t.Errorf("%s: %d, want %d", page.content, got, want)
		}
	}
}
