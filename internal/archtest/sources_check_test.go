package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// checkDocs finds packages whose comment does not open as go doc wants it: "Package
// name", or "Command name" for a program.
func checkDocs(sources []source) (found []finding) {
	opening := map[string]string{}
	documented := map[string]bool{}
	var order []string
	for _, s := range sources {
		dir := s.pkg()
		if opening[dir] == "" {
			order = append(order, dir)
			opening[dir] = docOpening(dir, strings.TrimSuffix(s.file.Name.Name, "_test"))
		}
		if doc := s.file.Doc.Text(); strings.HasPrefix(doc, opening[dir]+" ") || strings.HasPrefix(doc, opening[dir]+"\n") {
			documented[dir] = true
		}
	}
	for _, dir := range order {
		if !documented[dir] {
			found = append(found, finding{"docs", dir, fmt.Sprintf("no file has a comment that opens with %q", opening[dir])})
		}
	}
	return found
}

// docOpening returns the first two words of the comment of a package.
func docOpening(dir, name string) string {
	if name == "main" {
		return "Command " + path.Base(dir)
	}
	return "Package " + name
}

var defence = regexp.MustCompile(`(^|[.!?]\s+)` + longBecause + ` \S`)

// checkSizes finds files and functions too long to be read at once that do not say
// why. What a program wrote is not read.
func checkSizes(sources []source) (found []finding) {
	for _, s := range sources {
		if s.generated {
			continue
		}
		if s.lines > maxFileLines && !defended(s.fileComments()...) {
			found = append(found, finding{"file size", s.path, fmt.Sprintf("%d lines, more than %d", s.lines, maxFileLines)})
		}
		for _, declaration := range s.file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := s.line(function.End()) - s.line(function.Pos()) + 1
			if lines > maxFunctionLines && !defended(function.Doc) {
				found = append(found, finding{
					"function size", fmt.Sprintf("%s:%d", s.path, s.line(function.Pos())),
					fmt.Sprintf("%s has %d lines, more than %d", function.Name.Name, lines, maxFunctionLines),
				})
			}
		}
	}
	return found
}

// fileComments returns the comments that speak of the file: those before its first
// declaration.
func (s source) fileComments() (comments []*ast.CommentGroup) {
	for _, group := range s.file.Comments {
		if len(s.file.Decls) == 0 || group.Pos() < s.file.Decls[0].Pos() {
			comments = append(comments, group)
		}
	}
	return comments
}

func defended(comments ...*ast.CommentGroup) bool {
	return slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return defence.MatchString(c.Text()) })
}

// unfinished are the words of code that is not.
var unfinished = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}, "|") + `)\b`)

// checkUnfinished finds words that say work is left: in the comments of Go, anywhere
// in what is written in other languages.
func checkUnfinished(sources []source, texts []text) (found []finding) {
	for _, s := range sources {
		for _, group := range s.file.Comments {
			for _, comment := range group.List {
				if word := unfinished.FindString(comment.Text); word != "" {
					found = append(found, finding{"unfinished", fmt.Sprintf("%s:%d", s.path, s.line(comment.Pos())), "says " + word})
				}
			}
		}
	}
	for _, x := range texts {
		for i, line := range bytes.Split(x.content, []byte("\n")) {
			if word := unfinished.Find(line); word != nil {
				found = append(found, finding{"unfinished", fmt.Sprintf("%s:%d", x.path, i+1), "says " + string(word)})
			}
		}
	}
	return found
}

// checkMaps finds maps of anything in the pages, where components are typed.
func checkMaps(sources []source) (found []finding) {
	for _, s := range sources {
		if s.test() || !matches(typedPages, s.pkg()) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if m, ok := n.(*ast.MapType); ok && isString(m.Key) && isAny(m.Value) {
				found = append(found, finding{
					"maps", fmt.Sprintf("%s:%d", s.path, s.line(m.Pos())),
					"a map of anything: give the page a type",
				})
			}
			return true
		})
	}
	return found
}

func isString(e ast.Expr) bool {
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "string"
}

func isAny(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "any"
	case *ast.InterfaceType:
		return len(e.Methods.List) == 0
	}
	return false
}

// checkSkips finds tests that skip themselves: a test passed over proves nothing, and
// real data that may be absent are one package's business. A rapid.T skips a draw, not
// a test, and a benchmark is no test.
func checkSkips(sources []source) (found []finding) {
	for _, s := range sources {
		if matches(skipper, s.pkg()) {
			continue
		}
		ast.PreorderStack(s.file, nil, func(n ast.Node, stack []ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && skips(call) && !slices.ContainsFunc(stack, takesRapid) {
				found = append(found, finding{
					"skips", fmt.Sprintf("%s:%d", s.path, s.line(call.Pos())),
					"skips a test; only " + skipper + " may, for real data that are absent",
				})
			}
			return true
		})
	}
	return found
}

// takesRapid reports whether a node is a function with a parameter of type *rapid.T.
func takesRapid(n ast.Node) bool {
	var signature *ast.FuncType
	switch n := n.(type) {
	case *ast.FuncDecl:
		signature = n.Type
	case *ast.FuncLit:
		signature = n.Type
	default:
		return false
	}
	return slices.ContainsFunc(signature.Params.List, func(parameter *ast.Field) bool {
		pointer, ok := parameter.Type.(*ast.StarExpr)
		return ok && isSelector(pointer.X, "rapid", "T")
	})
}

func isSelector(e ast.Expr, of, name string) bool {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := selector.X.(*ast.Ident)
	return ok && x.Name == of && selector.Sel.Name == name
}

// skips reports whether a call is one of the testing package's skips on a value named
// as tests name theirs.
func skips(call *ast.CallExpr) bool {
	for _, receiver := range []string{"t", "tb", "f"} {
		for _, method := range []string{"Skip", "Skipf", "SkipNow"} {
			if isSelector(call.Fun, receiver, method) {
				return true
			}
		}
	}
	return false
}
