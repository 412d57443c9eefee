package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// axeResult is what axe-core found on a page.
type axeResult struct {
	Violations []axeRule `json:"violations"`
	Incomplete []axeRule `json:"incomplete"` // what axe cannot decide: for a person to look at
	Passes     int       `json:"passes"`
}

type axeRule struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"` // where, and what is wrong there
}

func (r axeRule) String() string {
	return fmt.Sprintf("%s (%s)\n\t%s", r.ID, r.Help, strings.Join(r.Nodes, "\n\t"))
}

// axeSource is the script that make assets builds for these tests alone.
var axeSource = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile(filepath.Join("..", "..", "internal", "web", "assets", "testdist", "axe.min.js"))
	return string(source), err
})

const axeRun = `axe.run(document, {
	runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
	rules: { "target-size": { enabled: true } },
	resultTypes: ["violations", "incomplete"]
}).then(found => {
	const rules = all => all.map(rule => ({
		id: rule.id, help: rule.help,
		nodes: rule.nodes.map(node => node.target.join(" ") + ": " + node.html.slice(0, 200) + " — " + (node.failureSummary ?? "").replace(/\s+/g, " "))
	}))
	return JSON.stringify({ violations: rules(found.violations), incomplete: rules(found.incomplete), passes: found.passes.length })
})`

// axe judges the page as it stands.
func (w *tab) axe() axeResult {
	w.t.Helper()
	source, err := axeSource()
	if err != nil {
		w.t.Fatalf("axe-core is not built (make assets): %v", err)
	}
	if !eval[bool](w, `"axe" in window`) {
		eval[bool](w, source+"\n;true")
	}
	var result axeResult
	decode(w, axeRun, &result)
	if result.Passes == 0 {
		w.t.Errorf("axe tried nothing on « %s »", w.title())
	}
	return result
}

// badPage breaks rules of each kind that the pages are held to. Styles are set by script: the policy of the
// page refuses those of attributes.
const badPage = `document.documentElement.removeAttribute("lang")
document.title = ""
document.body.innerHTML = '<main><h3>Trop bas</h3><img src="data:,"><input id="a"><button></button>' +
	'<p id="pale">Trop pâle</p><a class="tiny" href="#x">x</a><a class="tiny" href="#y">y</a><div role="listbox"><span>rien</span></div></main>'
Object.assign(document.getElementById("pale").style, { color: "#bbb", background: "#fff" })
for (const link of document.querySelectorAll(".tiny")) Object.assign(link.style, { display: "inline-block", width: "9px", height: "9px", overflow: "hidden" })
true`

// A run that was not awaited, or tried no rule, would find nothing here either.
func TestAxeFindsWhatIsWrongOnABadPage(t *testing.T) {
	w := newTab(t)
	w.open("/accessibilite")
	eval[bool](w, badPage)
	found := map[string]bool{}
	for _, rule := range w.axe().Violations {
		found[rule.ID] = true
	}
	for _, want := range []string{
		"html-has-lang", "document-title", "image-alt", "label", "button-name", "color-contrast", "page-has-heading-one", "aria-required-children", "target-size",
	} {
		if !found[want] {
			t.Errorf("axe does not see %s; it sees %v", want, found)
		}
	}
}

// What the content security policy refuses and what scripts complain of must be heard, or a quiet console
// would tell nothing.
func TestTheConsoleIsHeard(t *testing.T) {
	w := newTab(t)
	w.open("/accessibilite")
	w.quiet()
	eval[bool](w, `document.body.insertAdjacentHTML("beforeend", '<p style="color:red">rouge</p>')
console.error("une plainte")
setTimeout(() => { throw new Error("une panne") })
true`)
	w.wait(`new Promise(done => setTimeout(() => done(true), 20))`)
	said := strings.Join(w.complained(), "\n")
	for _, want := range []string{"Content Security Policy", "une plainte", "exception"} {
		if !strings.Contains(said, want) {
			t.Errorf("the console was not heard to say %q: %s", want, said)
		}
	}
}
