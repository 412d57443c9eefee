package browser_test

import (
	"maps"
	"slices"
	"strings"
)

// maxPageBytes is the most that the first load of a page may weigh, uncompressed, with all it needs.
const maxPageBytes = 150_000

// deskPageBytes is the same for the few pages that campaign managers work at, at a desk: all campaigns, each with its
// sentence; the form of one, which offers all that criteria may name; a run, with its map and a line for each
// department. The first limit is for the networks of hospitals.
const deskPageBytes = 200_000

// figures are what the examination of the pages came to, for the log.
type figures struct {
	states       int
	heaviest     int64
	heaviestPage string
	undecided    map[string]int // what axe cannot tell, on how many pages
}

var seen = figures{undecided: map[string]int{}}

// doubts lists what axe leaves to a person to look at.
func (f figures) doubts() string {
	return strings.Join(slices.Sorted(maps.Keys(f.undecided)), "\n\t")
}

// outline is what every page must have, whatever it shows.
type outline struct {
	Title    string `json:"title"`
	Lang     string `json:"lang"`
	Headings int    `json:"headings"`
	Mains    int    `json:"mains"`
	Errors   bool   `json:"errors"`
	Holes    string `json:"holes"` // what a template would leave in a text
}

const outlineOf = `(() => {
	const text = document.body.innerText
	return JSON.stringify({
		title: document.title, lang: document.documentElement.lang,
		headings: document.querySelectorAll("h1").length, mains: document.querySelectorAll("main").length,
		errors: document.querySelector(".govuk-error-summary") !== null,
		holes: (text.match(/%!|undefined|NaN|\[object|<nil>|01\/01\/0001|00\/00/) ?? [""])[0]
	})
})()`

// layout is what a narrow window or wider spacing of texts does to a page.
type layout struct {
	Scrolls bool     `json:"scrolls"` // sideways
	Wide    []string `json:"wide"`    // what stands out of the window
	Cut     []string `json:"cut"`     // texts that are not seen whole
	Small   []string `json:"small"`   // targets smaller than 24 pixels
	Tight   []string `json:"tight"`   // what follows a form, and touches its last button
	Split   []string `json:"split"`   // numbers of batches of letters over two lines
}

const layoutOf = `(() => {
	const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("") + " « " + (e.innerText ?? "").trim().slice(0, 40) + " »"
	const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && !e.closest(".govuk-visually-hidden, .govuk-skip-link, [class*=autocomplete__status]")
	const scrolling = e => e.closest(".app-table") !== null
	const all = [...document.body.querySelectorAll("*")].filter(seen)
	const splitIn = e => [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).flatMap(n => [...n.data.matchAll(/\bC\d+-\d{4,}/g)].map(found => {
		const text = document.createRange()
		text.setStart(n, found.index)
		text.setEnd(n, found.index + found[0].length)
		return text
	})).filter(text => new Set([...text.getClientRects()].map(box => box.top)).size > 1).map(text => name(e) + ": " + text)
	const inText = e => e.matches("a") && getComputedStyle(e).display === "inline" && e.parentElement.innerText.trim() !== e.innerText.trim()
	return JSON.stringify({
		scrolls: document.documentElement.scrollWidth > innerWidth,
		wide: all.filter(e => !scrolling(e) && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(name).slice(0, 6),
		cut: all.filter(e => {
			if (e.matches("input, textarea, select, option, .app-table, .autocomplete__menu")) return false
			const style = getComputedStyle(e), hides = ["hidden", "clip"]
			const cuts = hides.includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1 || hides.includes(style.overflowY) && e.scrollHeight > e.clientHeight + 1
			return cuts && Boolean(e.innerText?.trim()) // asked last: the browser lays all of the text out for it
		}).concat(all.filter(e => { // what a table is may be read before it is scrolled
			const text = document.createRange()
			text.selectNodeContents(e)
			return e.matches("caption") && text.getBoundingClientRect().right > e.closest(".app-table").getBoundingClientRect().right
		})).map(name),
		small: all.filter(e => e.matches("a[href], button, input:not([type=hidden]), select, summary")).filter(e => {
			const box = e.getBoundingClientRect()
			return (box.width < 24 || box.height < 24) && !inText(e)
		}).map(name),
		split: all.flatMap(splitIn),
		tight: all.filter(e => {
			const button = e.previousElementSibling?.matches("form") && [...e.previousElementSibling.querySelectorAll(".govuk-button")].filter(seen).at(-1)
			const gap = button && e.getBoundingClientRect().top - button.getBoundingClientRect().bottom
			return button && gap > -8 && gap < (e.closest(".app-actions") ? 12 : 16) // buttons beside each other stand closer
		}).map(name)
	})
})()`

// spacing sets the spacings of texts of WCAG 1.4.12, or takes them away.
const (
	spaced = `(() => {
		const sheet = new CSSStyleSheet()
		sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }")
		document.adoptedStyleSheets = [sheet]
		return true
	})()`
	unspaced = `document.adoptedStyleSheets = []; true`
)

// examine holds the page shown to all that every page in every state is held to.
func (w *tab) examine(state string) {
	w.t.Helper()
	w.outlined(state)
	w.light(state)
	w.printed(state)
	w.judged(state + ", 1280 px")
	w.resize(320, 800)
	w.judged(state + ", 320 px")
	w.fits(state + ", 320 px")
	eval[bool](w, spaced)
	w.fits(state + ", 320 px with spaced texts")
	eval[bool](w, unspaced)
	w.resize(1280, 900)
	w.fits(state + ", 1280 px")
	for _, complaint := range w.complained() {
		w.t.Errorf("%s: the console says %s", state, complaint)
	}
	w.picture(state)
	seen.states++
}

func (w *tab) outlined(state string) {
	w.t.Helper()
	var o outline
	decode(w, outlineOf, &o)
	about, ours := strings.CutSuffix(o.Title, " – Vaccin COVID")
	if !ours || len(about) < 5 {
		w.t.Errorf("%s: the title is %q", state, o.Title)
	}
	if o.Errors != strings.HasPrefix(o.Title, "Erreur – ") {
		w.t.Errorf("%s: the title %q does not agree with the errors shown", state, o.Title)
	}
	if o.Lang != "fr" || o.Headings != 1 || o.Mains != 1 {
		w.t.Errorf("%s: language %q, %d main headings, %d main parts", state, o.Lang, o.Headings, o.Mains)
	}
	if o.Holes != "" {
		w.t.Errorf("%s: the page shows %q", state, o.Holes)
	}
}

// light fails a page whose first load weighs too much.
func (w *tab) light(state string) {
	w.t.Helper()
	total := w.loaded().total()
	if total < 50_000 {
		w.t.Errorf("%s: %d bytes counted, which cannot be all of style, script and fonts", state, total)
	}
	if total >= w.allowed {
		w.t.Errorf("%s: weighs %d bytes, %d at most", state, total, w.allowed-1)
	}
	if total > seen.heaviest {
		seen.heaviest, seen.heaviestPage = total, state
	}
}

func (w *tab) judged(state string) {
	w.t.Helper()
	found := w.axe()
	for _, rule := range found.Violations {
		w.t.Errorf("%s: axe: %s", state, rule)
	}
	for _, rule := range found.Incomplete {
		for _, node := range rule.Nodes {
			where, _, _ := strings.Cut(node, ": <")
			_, why, _ := strings.Cut(node, " — ")
			seen.undecided[rule.ID+": "+where+": "+why]++
		}
	}
}

func (w *tab) fits(state string) {
	w.t.Helper()
	var l layout
	decode(w, layoutOf, &l)
	if l.Scrolls || len(l.Wide) > 0 {
		w.t.Errorf("%s: the page is wider than its window: %s", state, strings.Join(l.Wide, "; "))
	}
	if len(l.Cut) > 0 {
		w.t.Errorf("%s: not seen whole: %s", state, strings.Join(l.Cut, "; "))
	}
	if len(l.Small) > 0 {
		w.t.Errorf("%s: targets under 24 pixels: %s", state, strings.Join(l.Small, "; "))
	}
	if len(l.Split) > 0 {
		w.t.Errorf("%s: over two lines: %s", state, strings.Join(l.Split, "; "))
	}
	if len(l.Tight) > 0 {
		w.t.Errorf("%s: touch the button above: %s", state, strings.Join(l.Tight, "; "))
	}
}
