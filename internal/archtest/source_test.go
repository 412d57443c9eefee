package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path of our module, before the path of each package of ours.
const module = "vaccin"

// source is one Go file.
type source struct {
	path      string // from the top of the repository, with slashes
	file      *ast.File
	fset      *token.FileSet
	lines     int
	generated bool
}

// text is a file in another language that is written by hand.
type text struct {
	path    string
	content []byte
}

// pkg returns the folder of the source, which names its package in the rules.
func (s source) pkg() string { return path.Dir(s.path) }

// test reports whether the source is built for tests alone.
func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// line returns the line of a position of the source.
func (s source) line(at token.Pos) int { return s.fset.Position(at).Line }

// imports returns what the source imports: ours from the top of the module, others
// by their whole path.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, local(p))
		}
	}
	return paths
}

// local shortens the import path of a package of ours.
func local(importPath string) string { return strings.TrimPrefix(importPath, module+"/") }

// parse reads one Go source.
func parse(name string, content []byte) (source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	return source{name, file, fset, bytes.Count(content, []byte("\n")), ast.IsGenerated(file)}, nil
}

// ignored reports whether the source is a tool that no build takes in.
func (s source) ignored() bool {
	return slices.ContainsFunc(s.file.Comments, func(group *ast.CommentGroup) bool {
		return group.Pos() < s.file.Package && group.List[0].Text == "//go:build ignore"
	})
}

// unread are folders that hold nothing written here.
var unread = map[string]bool{
	".git": true, "node_modules": true, "bin": true, "tmp": true, ".cache": true, "dist": true, "testdist": true, "testdata": true, "data": true,
}

// written are the endings of the files read as text.
var written = map[string]bool{
	".templ": true, ".sql": true, ".scss": true, ".css": true, ".js": true, ".mjs": true, ".sh": true, ".yml": true, ".yaml": true,
}

// readRepository reads all that is written in the repository.
func readRepository(t *testing.T) (sources []source, texts []text) {
	t.Helper()
	top := filepath.Join("..", "..")
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if unread[entry.Name()] {
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		isGo, isText := path.Ext(relative) == ".go", isWritten(relative)
		if !isGo && !isText {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if isText {
			texts = append(texts, text{relative, content})
			return nil
		}
		parsed, err := parse(relative, content)
		if err == nil && !parsed.ignored() {
			sources = append(sources, parsed)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources, texts
}

// isWritten reports whether a file other than Go is read: by its ending, or because
// it stands where the scripts without ending do.
func isWritten(name string) bool {
	dir := path.Dir(name)
	return written[path.Ext(name)] || name == "Makefile" || path.Ext(name) == "" && (dir == "scripts" || dir == ".ci")
}
