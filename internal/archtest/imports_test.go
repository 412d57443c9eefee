package archtest

import (
	"fmt"
	"strings"
)

// finding is one departure from one rule.
type finding struct {
	rule   string // names the rule, for the tests of the checks themselves
	where  string
	detail string
}

func (f finding) String() string { return fmt.Sprintf("%s: %s", f.where, f.detail) }

// matches reports whether a package is one that the pattern names.
func matches(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	if above, below := strings.CutSuffix(pattern, "/..."); below {
		return pkg == above || strings.HasPrefix(pkg, above+"/")
	}
	return pkg == pattern
}

func matchesAny(patterns []string, pkg string) bool {
	for _, pattern := range patterns {
		if matches(pattern, pkg) {
			return true
		}
	}
	return false
}

// isOurs reports whether an import, as [source.imports] gives it, is of our module.
func isOurs(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return first == "internal" || first == "cmd" || first == "bench" || first == "scripts"
}

// isStd reports whether an import is of the standard library: its first element has
// no dot, as the host of a third party has.
func isStd(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !isOurs(pkg) && !strings.Contains(first, ".")
}

// roomOf returns the row of a package, and false for a package outside the rooms.
func roomOf(pkg string) (room, bool) {
	for _, r := range rooms {
		if matches(r.packages, pkg) {
			return r, true
		}
	}
	return room{}, false
}

// checkRooms finds what shipped code imports against the row of its room.
func checkRooms(sources []source) (found []finding) {
	for _, s := range sources {
		r, ok := roomOf(s.pkg())
		if !ok || s.test() {
			continue
		}
		for _, imported := range s.imports() {
			allowed := r.others
			if isOurs(imported) {
				allowed = r.ours
			}
			if !isStd(imported) && !matchesAny(allowed, imported) {
				found = append(found, finding{
					"room " + r.packages, s.path,
					fmt.Sprintf("%s may not import %s: %s", r.packages, imported, r.reason),
				})
			}
		}
	}
	return found
}

// checkGuards finds what shipped code imports that is kept for others.
func checkGuards(sources []source) (found []finding) {
	for _, s := range sources {
		if s.test() {
			continue
		}
		for _, imported := range s.imports() {
			for _, g := range guards {
				if matchesAny(g.imports, imported) && !matchesAny(g.only, s.pkg()) {
					found = append(found, finding{
						"guard " + g.imports[0], s.path,
						fmt.Sprintf("%s is imported only by %s: %s", imported, strings.Join(g.only, ", "), g.reason),
					})
				}
			}
		}
	}
	return found
}

// checkLink finds what a program holds, all it depends on given, that it must not.
func checkLink(l link, dependencies []string) (found []finding) {
	for _, dependency := range dependencies {
		if matchesAny(l.never, local(dependency)) {
			found = append(found, finding{
				"link " + l.program, l.program,
				fmt.Sprintf("holds %s: %s", local(dependency), l.reason),
			})
		}
	}
	return found
}
