package ops_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vaccin/internal/store/postgrestest"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expression is what an alert or a panel asks, and who does.
type expression struct{ by, text string }

// lines are what a rule file may hold: the part of YAML that needs no more than this to be read.
var lines = []*regexp.Regexp{
	regexp.MustCompile(`^(#.*)?$`), regexp.MustCompile(`^groups:$`), regexp.MustCompile(`^  - name: \w+$`), regexp.MustCompile(`^    rules:$`),
	regexp.MustCompile(`^      - alert: \w+$`), regexp.MustCompile(`^        expr: [a-z][^#]*$`), regexp.MustCompile(`^        for: \d+[sm]$`),
	regexp.MustCompile(`^        labels:$`), regexp.MustCompile(`^          severity: (page|ticket)$`), regexp.MustCompile(`^        annotations:$`),
	regexp.MustCompile(`^          (summary|description): [A-Z][^:#]*\.$`),
}

// alerts reads the rules, and fails when one lacks what an alert needs.
func alerts(t *testing.T) (all []expression) {
	t.Helper()
	text := read(t, repository("deploy/prometheus/vaccin.rules.yml"))
	for i, line := range strings.Split(text, "\n") {
		if !slices.ContainsFunc(lines, func(r *regexp.Regexp) bool { return r.MatchString(line) }) {
			t.Errorf("line %d of the rules: %s", i+1, line)
		}
	}
	for _, rule := range strings.Split(text, "      - alert: ")[1:] {
		name, _, _ := strings.Cut(rule, "\n")
		for _, part := range []string{"expr", "severity", "summary", "description"} {
			if strings.Count(rule, part+": ") != 1 {
				t.Errorf("%s has not one %s", name, part)
			}
		}
		_, after, _ := strings.Cut(rule, "expr: ")
		asked, _, _ := strings.Cut(after, "\n")
		all = append(all, expression{name, asked})
	}
	return all
}

// panels reads what the dashboard asks.
func panels(t *testing.T) (all []expression) {
	t.Helper()
	var board struct {
		UID, Title string
		Panels     []struct {
			ID      int
			Title   string
			GridPos struct{ H, W, X, Y int }
			Targets []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, repository("deploy/grafana/vaccin.json"))), &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.W == 0 || len(p.Targets) == 0 {
			t.Errorf("the panel %d %s cannot be drawn", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			all = append(all, expression{p.Title, target.Expr})
		}
	}
	return all
}

var (
	word   = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*`)
	quoted = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]`)
	sample = regexp.MustCompile(`(?m)^([a-zA-Z_]\w*)(?:\{(.*)\})? \S+$`)
	label  = regexp.MustCompile(`(\w+)="`)
	// promql are words of the language of expressions.
	promql = []string{"sum", "rate", "increase", "by", "histogram_quantile", "min", "max", "absent"}
)

// whole takes the names of the parts of a histogram to its own.
var whole = strings.NewReplacer("_bucket", "", "_count", "", "_sum", "")

// checkExposed sees that alerts and panels ask for nothing that a server does not expose.
func checkExposed(t *testing.T, metrics string) {
	t.Helper()
	known := map[string]bool{"up": true, "job": true, "instance": true, "le": true}
	ours := map[string]bool{}
	for _, s := range sample.FindAllStringSubmatch(metrics, -1) {
		known[s[1]] = true
		if strings.HasPrefix(s[1], "vaccin_") {
			ours[whole.Replace(s[1])] = true
		}
		if found := personal.FindString(s[2]); found != "" && ours[whole.Replace(s[1])] {
			t.Errorf("a label of %s holds %s", s[1], found)
		}
		for _, l := range label.FindAllStringSubmatch(s[2], -1) {
			known[l[1]] = true
		}
	}
	shown := ""
	for _, e := range append(alerts(t), panels(t)...) {
		if strings.Count(e.text, "(") != strings.Count(e.text, ")") || strings.Count(e.text, "{") != strings.Count(e.text, "}") {
			t.Errorf("%s: brackets do not close: %s", e.by, e.text)
		}
		for _, w := range word.FindAllString(quoted.ReplaceAllString(e.text, ""), -1) {
			if !known[w] && !slices.Contains(promql, w) {
				t.Errorf("%s asks for %s, which no server tells", e.by, w)
			}
		}
		shown += e.text + "\n"
	}
	for name := range ours {
		if !strings.Contains(shown, name) {
			t.Errorf("nobody looks at %s", name)
		}
	}
}

// personal are values that labels may never hold: routes are patterns, replicas and pools have names.
var personal = regexp.MustCompile(`[0-9a-f]{26}|\d{13}|8\d{11}`)

// run runs a program of the system.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", program, arguments, err, out)
	}
	return string(out)
}

// TestThePackageInstalls builds the package of the program, reads it back, installs it into a folder, and looks at the
// unit as systemd reads it.
func TestThePackageInstalls(t *testing.T) {
	t.Setenv("COMPRESSION", "none")
	dir := t.TempDir()
	pack := strings.TrimSpace(run(t, repository("scripts/deb"), program(), dir))
	content := run(t, "dpkg-deb", "-c", pack)
	for _, want := range []string{
		`-rwxr-xr-x root/root .* \./usr/bin/vaccin\n`, `-rw-r--r-- root/root .* \./etc/vaccin/vaccin\.env\n`,
		`-rw-r--r-- root/root .* \./usr/lib/systemd/system/vaccin\.service\n`, `-rwxr-xr-x root/root .* \./usr/share/vaccin/archive-wal\n`,
		`\./usr/share/doc/vaccin/backup\.md\n`,
	} {
		if !regexp.MustCompile(want).MatchString(content) {
			t.Errorf("the package lacks %s:\n%s", want, content)
		}
	}
	if strings.Contains(content, ".key") {
		t.Error("the package brings a key")
	}
	if field := run(t, "dpkg-deb", "-f", pack, "Package"); field != "vaccin\n" {
		t.Errorf("it is called %s", field)
	}
	root := filepath.Join(dir, "root")
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	install := []string{"--root=" + root, "--force-script-chrootless", "--force-depends", "--force-not-root", "--log=" + filepath.Join(dir, "log"), "-i", pack}
	run(t, "dpkg", install...)
	settings := filepath.Join(root, "etc/vaccin/vaccin.env")
	if !strings.Contains(read(t, filepath.Join(root, "etc/passwd")), "vaccin:") {
		t.Error("the account of the service was not made")
	}
	// What the administrator wrote stays when the package comes again.
	if err := os.WriteFile(settings, []byte("VACCIN_STORE=postgres://mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "dpkg", append([]string{"--force-confold"}, install...)...)
	if text := read(t, settings); text != "VACCIN_STORE=postgres://mine\n" {
		t.Errorf("the settings were replaced by %s", text)
	}
	run(t, filepath.Join(root, "usr/bin/vaccin"), "version")
	checkUnit(t, read(t, filepath.Join(root, "usr/lib/systemd/system/vaccin.service")))
}

// checkUnit has systemd read the unit and judge how much it may.
func checkUnit(t *testing.T, text string) {
	t.Helper()
	unit := filepath.Join(t.TempDir(), "vaccin.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, "/usr/bin/vaccin", program())), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := run(t, "systemd-analyze", "verify", "--man=no", unit); strings.TrimSpace(out) != "" {
		t.Errorf("systemd says %s", out)
	}
	run(t, "systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit)
}

// TestSettingsOfThePackageAreThoseOfTheProgram: each variable of the file is one that the program reads.
func TestSettingsOfThePackageAreThoseOfTheProgram(t *testing.T) {
	help, err := vaccin(t, "serve", "--help")
	if err != nil {
		t.Fatalf("%v: %s", err, help)
	}
	for _, path := range []string{"deploy/debian/vaccin.env", "deploy/systemd/vaccin.service"} {
		for _, name := range regexp.MustCompile(`\bVACCIN_[A-Z_]+=`).FindAllString(read(t, repository(path)), -1) {
			if name = strings.TrimSuffix(name, "="); !strings.Contains(help, "$"+name) {
				t.Errorf("%s sets %s, which nobody reads", path, name)
			}
		}
	}
}

// TestRolesAreMadeWithoutReplicas: who installs the settings first is not left waiting for a replica.
func TestRolesAreMadeWithoutReplicas(t *testing.T) {
	c, err := postgrestest.Start("synchronous_standby_names=ANY 1 (standby1, standby2)")
	if err != nil {
		t.Fatal(err)
	}
	n := &nation{cluster: c}
	late := time.AfterFunc(30*time.Second, func() { _ = c.Kill() })
	defer func() {
		if late.Stop() {
			if err := c.Stop(); err != nil {
				t.Error(err)
			}
		}
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
	}()
	n.makeRoles(t)
}
