package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// made returns the source of a made-up file.
func made(t *testing.T, path, content string) source {
	t.Helper()
	s, err := parse(path, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// importing returns a made-up file of a package, in the usual form of the real ones,
// that imports one other.
func importing(t *testing.T, path, imported string) source {
	t.Helper()
	if isOurs(imported) {
		imported = module + "/" + imported
	}
	return made(t, path, fmt.Sprintf("package x\n\nimport _ %q\n", imported))
}

// Every rule on imports is broken at least once here, and the check must say which.
func TestImportsAgainstTheRulesAreFound(t *testing.T) {
	tests := []struct{ path, imported, rule string }{
		{"internal/nir/x.go", "golang.org/x/text/width", "room internal/nir"},
		{"internal/nir/x.go", "internal/registry", "room internal/nir"},
		{"internal/accesslog/x.go", "golang.org/x/mod/module", "room internal/accesslog"},
		{"internal/accesslog/x.go", "internal/nir", "room internal/accesslog"},
		{"internal/registry/x.go", "internal/document", "room internal/registry"},
		{"internal/registry/x.go", "golang.org/x/text/unicode/norm", "room internal/registry"},
		{"internal/registry/x.go", "net/http", "guard net/http/..."},
		{"internal/registry/x.go", "net/http/httputil", "guard net/http/..."},
		{"internal/registry/registrytest/x.go", "internal/document", "room internal/registry/registrytest/..."},
		{"internal/store/storetest/x.go", "internal/store", "room internal/store/storetest"},
		{"internal/store/x.go", "internal/document", "room internal/store/..."},
		{"internal/store/migrations/x.go", "internal/auth", "room internal/store/..."},
		{"internal/document/x.go", "internal/referential", "room internal/document/..."},
		{"internal/targeting/x.go", "internal/auth", "room internal/targeting/..."},
		{"internal/targeting/x.go", "internal/store", "guard internal/store/..."},
		{"internal/auth/psc/x.go", "internal/referential", "room internal/auth/..."},
		{"internal/referential/x.go", "internal/targeting", "room internal/referential/..."},
		{"internal/referential/x.go", "database/sql/driver", "guard database/sql/..."},
		{"internal/vitale/x.go", "internal/web", "room internal/vitale/..."},
		{"internal/vitale/pcsc/x.go", "internal/nir", "room internal/vitale/pcsc"},
		{"internal/web/x.go", "github.com/BurntSushi/toml", "guard github.com/BurntSushi/toml/..."},
		{"internal/vitale/local/x.go", "internal/vitale/pcsc", "guard github.com/ebfe/scard"},
		{"cmd/vaccin-demo/x.go", "github.com/ebfe/scard", "guard github.com/ebfe/scard"},
		{"cmd/vaccin-reader/x.go", "internal/vitale/vitaletest", "guard testing/..."},
		{"internal/web/x.go", "internal/store", "room internal/web/..."},
		{"internal/web/ui/x.go", "internal/store", "guard internal/store/..."},
		{"internal/web/x.go", "github.com/jackc/pgx/v5", "guard database/sql/..."},
		{"internal/web/x.go", "internal/registry/registrytest", "guard testing/..."},
		{"internal/service/x.go", "internal/store", "room internal/service"},
		{"internal/demo/x.go", "cmd/vaccin-demo", "room internal/demo/..."},
		{"internal/demo/x.go", "modernc.org/sqlite", "guard database/sql/..."},
		{"internal/newcomer/x.go", "internal/registry", "room internal/..."},
		{"internal/measure/x.go", "internal/nir", "room internal/measure"},
		{"internal/keyring/x.go", "internal/nir", "room internal/keyring"},
		{"internal/keyring/keyringtest/x.go", "internal/store", "room internal/keyring/keyringtest"},
		{"cmd/vaccin/x.go", "internal/demo/pscsim", "guard internal/demo/..."},
		{"internal/web/x.go", "internal/keyring", "guard internal/keyring"},
		{"cmd/vaccin/x.go", "database/sql", "guard database/sql/..."},
		{"cmd/vaccin/x.go", "github.com/a-h/templ", "guard github.com/a-h/templ/..."},
		{"cmd/vaccin/x.go", "testing", "guard testing/..."},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		t.Run(strings.TrimSuffix(tt.path, "/x.go")+" imports "+tt.imported, func(t *testing.T) {
			sources := []source{importing(t, tt.path, tt.imported)}
			found := append(checkRooms(sources), checkGuards(sources)...)
			if !slices.ContainsFunc(found, func(f finding) bool { return f.rule == tt.rule }) {
				t.Errorf("%s is not said to be broken: %v", tt.rule, found)
			}
			seen[tt.rule] = true
		})
	}
	for _, r := range rooms {
		if !seen["room "+r.packages] {
			t.Errorf("the row of %s is never seen to fail", r.packages)
		}
	}
	for _, g := range guards {
		if !seen["guard "+g.imports[0]] {
			t.Errorf("the guard of %s is never seen to fail", g.imports[0])
		}
	}
}

func TestImportsWithinTheRulesPass(t *testing.T) {
	tests := []struct{ path, imported string }{
		{"internal/nir/x.go", "log/slog"},
		{"internal/accesslog/x.go", "golang.org/x/mod/sumdb/tlog"},
		{"internal/registry/x.go", "internal/nir"},
		{"internal/registry/x_test.go", "internal/registry/registrytest"},
		{"internal/registry/x_test.go", "pgregory.net/rapid"},
		{"internal/registry/registrytest/x.go", "pgregory.net/rapid"},
		{"internal/registry/registrytest/draw/x.go", "pgregory.net/rapid"},
		{"internal/store/x.go", "github.com/pressly/goose/v3"},
		{"internal/store/x.go", "internal/accesslog"},
		{"internal/store/x.go", "internal/keyring"},
		{"internal/store/x.go", "internal/measure"},
		{"internal/service/x.go", "internal/measure"},
		{"cmd/vaccin/x.go", "internal/keyring"},
		{"internal/store/x_test.go", "internal/store/storetest"},
		{"internal/store/storetest/x.go", "internal/registry/registrytest"},
		{"internal/document/x.go", "internal/document/fonts"},
		{"internal/targeting/x.go", "internal/document"},
		{"internal/auth/x.go", "internal/auth/psc"},
		{"internal/referential/x.go", "internal/referential/builtin"},
		{"internal/vitale/x.go", "net/http"},
		{"internal/vitale/pcsc/x.go", "github.com/ebfe/scard"},
		{"cmd/vaccin-reader/x.go", "internal/vitale/pcsc"},
		{"internal/web/x.go", "internal/auth"},
		{"internal/web/x.go", "github.com/a-h/templ/runtime"},
		{"internal/web/x_test.go", "internal/store"},
		{"internal/web/webtest/x.go", "testing"},
		{"internal/web/webtest/x.go", "internal/registry/registrytest"},
		{"internal/service/x.go", "net/http"},
		{"internal/service/x.go", "internal/web"},
		{"internal/demo/x.go", "internal/store"},
		{"cmd/vaccin/x.go", "internal/store"},
		{"cmd/vaccin-demo/x.go", "internal/demo/pscsim"},
		{"bench/x.go", "modernc.org/sqlite"},
	}
	for _, tt := range tests {
		t.Run(strings.TrimSuffix(tt.path, ".go")+" imports "+tt.imported, func(t *testing.T) {
			sources := []source{importing(t, tt.path, tt.imported)}
			if found := append(checkRooms(sources), checkGuards(sources)...); len(found) > 0 {
				t.Error(found)
			}
		})
	}
}

func TestALinkAgainstTheRulesIsFound(t *testing.T) {
	for _, l := range links {
		dependencies := []string{"fmt", module + "/internal/nir", module + "/" + strings.TrimSuffix(l.never[0], "/...") + "/deep"}
		if found := checkLink(l, dependencies); len(found) != 1 {
			t.Errorf("%s: found %v, want one", l.program, found)
		}
		if found := checkLink(l, dependencies[:2]); len(found) != 0 {
			t.Errorf("%s: found %v, want none", l.program, found)
		}
	}
}

func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, pkg string
		want         bool
	}{
		{"internal/web", "internal/web", true},
		{"internal/web", "internal/web/ui", false},
		{"internal/web/...", "internal/web", true},
		{"internal/web/...", "internal/web/ui/icons", true},
		{"internal/web/...", "internal/webhook", false},
		{"internal/registry", "internal/registry/registrytest", false},
		{"...", "anything/at/all", true},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.pkg); got != tt.want {
			t.Errorf("%s names %s: %v, want %v", tt.pattern, tt.pkg, got, tt.want)
		}
	}
}

// lines returns a function of n lines, its comment before it.
func lines(comment string, n int) string {
	return comment + "func long() {\n" + strings.Repeat("\tprintln()\n", n-2) + "}\n"
}

func TestSourcesAgainstTheRulesAreFound(t *testing.T) {
	long := strings.Repeat("\n", maxFileLines)
	tests := []struct {
		name, path, content string
		check               func([]source) []finding
		want                int
	}{
		{"no package comment", "internal/x/x.go", "package x\n", checkDocs, 1},
		{"another package's comment", "internal/x/x.go", "// Package y is.\npackage x\n", checkDocs, 1},
		{"a name that goes on", "internal/x/x.go", "// Package xylem is.\npackage x\n", checkDocs, 1},
		{"a comment set apart", "internal/x/x.go", "// Package x is.\n\npackage x\n", checkDocs, 1},
		{"a package comment", "internal/x/x.go", "// Package x is.\npackage x\n", checkDocs, 0},
		{"a program described as a package", "cmd/x/main.go", "// Package main is.\npackage main\n", checkDocs, 1},
		{"a program's comment", "cmd/x/main.go", "// Command x does.\npackage main\n", checkDocs, 0},
		{"a program known by its tests first", "cmd/x/a_test.go", "// Command x does.\npackage main_test\n", checkDocs, 0},
		{"tests alone, with a comment", "internal/x/x_test.go", "// Package x is.\npackage x_test\n", checkDocs, 0},

		{"a long file", "internal/x/x.go", "package x\n" + long, checkSizes, 1},
		{"a long test file", "internal/x/x_test.go", "package x\n" + long, checkSizes, 1},
		{"a file of just the limit", "internal/x/x.go", "package x\n" + long[1:], checkSizes, 0},
		{"a long file that says why", "internal/x/x.go", "package x\n\n// Long because it is a table.\n\nvar a int\n" + long, checkSizes, 0},
		{"a long file that says why too late", "internal/x/x.go", "package x\n\nvar a int\n// Long because it is a table.\n" + long, checkSizes, 1},
		{"a long file that a program wrote", "internal/x/x.go", "// Code generated by x. DO NOT EDIT.\n\npackage x\n" + long, checkSizes, 0},
		{"a long function", "internal/x/x.go", "package x\n" + lines("", maxFunctionLines+1), checkSizes, 1},
		{"a function of just the limit", "internal/x/x.go", "package x\n" + lines("", maxFunctionLines), checkSizes, 0},
		{"a long function that says why", "internal/x/x.go", "package x\n" + lines("// long is. Long because a table is.\n", 200), checkSizes, 0},
		{"a long function that gives no reason", "internal/x/x.go", "package x\n" + lines("// long is. Long because\n", 200), checkSizes, 1},
		{"a long function that is not defended", "internal/x/x.go", "package x\n" + lines("// long is so Long because of it.\n", 200), checkSizes, 1},

		{"a map of anything", "internal/web/x.go", "package web\nvar data = map[string]any{}\n", checkMaps, 1},
		{"a map of empty interfaces below", "internal/web/ui/x.go", "package ui\nfunc f(map[string]interface{}) {}\n", checkMaps, 1},
		{"a typed map", "internal/web/x.go", "package web\nvar data = map[string]string{}\n", checkMaps, 0},
		{"a map elsewhere", "internal/auth/x.go", "package auth\nvar data = map[string]any{}\n", checkMaps, 0},
		{"a map in a test", "internal/web/x_test.go", "package web\nvar data = map[string]any{}\n", checkMaps, 0},

		{"a test that skips", "internal/x/x_test.go", "package x\nfunc f(t T) { t.Skip(1) }\n", checkSkips, 1},
		{"a helper that skips", "internal/x/x.go", "package x\nfunc f(tb T) { if true { tb.Skipf(1) } }\n", checkSkips, 1},
		{"a fuzz function that skips", "internal/x/x_test.go", "package x\nfunc f(f F) { f.SkipNow() }\n", checkSkips, 1},
		{"a rapid draw is skipped", "internal/x/x_test.go", "package x\nfunc f(t *rapid.T) { if true { t.Skip(1) } }\n", checkSkips, 0},
		{"a test skips beside a rapid check", "internal/x/x_test.go", "package x\nfunc f(t *testing.T) { g(func(t *rapid.T) {}); t.Skip(1) }\n", checkSkips, 1},
		{"a long benchmark is left out", "internal/x/x_test.go", "package x\nfunc f(b *testing.B) { b.Skip(1) }\n", checkSkips, 0},
		{"something else is skipped", "internal/x/x.go", "package x\nfunc f(reader R) { reader.Skip(1) }\n", checkSkips, 0},
		{"the skipper skips", skipper + "/x.go", "package x\nfunc f(t T) { t.Skip(1) }\n", checkSkips, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if found := tt.check([]source{made(t, tt.path, tt.content)}); len(found) != tt.want {
				t.Errorf("found %v, want %d", found, tt.want)
			}
		})
	}
}

func TestOneCommentServesAllFilesOfAPackage(t *testing.T) {
	sources := []source{
		made(t, "internal/x/a.go", "package x\n"),
		made(t, "internal/x/b.go", "// Package x is.\npackage x\n"),
		made(t, "internal/x/b_test.go", "package x_test\n"),
	}
	if found := checkDocs(sources); len(found) > 0 {
		t.Error(found)
	}
}

func TestUnfinishedWorkIsFound(t *testing.T) {
	word := "TO" + "DO"
	found := checkUnfinished(
		[]source{
			made(t, "internal/x/a.go", "package x\n\nfunc f() {} // "+word+": the rest\n"),
			made(t, "internal/x/b.go", "package x\n\nvar f = \""+word+"\"\n"),
			made(t, "internal/x/c.go", "package x\n\n// MASTO"+"DON\n"),
		},
		[]text{
			{"internal/web/a.templ", []byte("<p>\n<!-- FIX" + "ME -->\n")},
			{"scripts/b", []byte("echo done\n")},
		},
	)
	var where []string
	for _, f := range found {
		where = append(where, f.where)
	}
	if want := []string{"internal/x/a.go:3", "internal/web/a.templ:2"}; !slices.Equal(where, want) {
		t.Errorf("found in %v, want %v", where, want)
	}
}

func TestToolsThatNoBuildTakesInAreNotRead(t *testing.T) {
	tests := []struct {
		name, content string
		want          bool
	}{
		{"a generator", "//go:build ignore\n\npackage main\n", true},
		{"one platform", "//go:build windows\n\npackage x\n", false},
		{"all platforms", "package x\n", false},
	}
	for _, tt := range tests {
		if got := made(t, "internal/x/x.go", tt.content).ignored(); got != tt.want {
			t.Errorf("%s: ignored %v, want %v", tt.name, got, tt.want)
		}
	}
}
