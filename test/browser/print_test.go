package browser_test

import (
	"strings"

	"github.com/chromedp/cdproto/emulation"
)

// paperWidth is that of an A4 page within its margins, in pixels.
const paperWidth = 673

// printedOf is what would be wrong on paper: addresses within the service, which whoever reads paper has no use for; cards,
// maps and tables that a page may part from what says what they are; and what is wider than the page, which cuts it.
const printedOf = `(() => {
	const style = (e, part) => getComputedStyle(e, part)
	const addresses = [...document.querySelectorAll("a[href^='/']")].filter(a => a.checkVisibility() && style(a, "::after").content.includes("/"))
	const parted = [...document.querySelectorAll(".app-card, .app-map")].filter(e => style(e).breakInside !== "avoid")
		.concat([...document.querySelectorAll(".app-table caption, .app-table thead")].filter(e => style(e).breakAfter !== "avoid"))
	const within = (e, of) => e.getBoundingClientRect().right <= of.getBoundingClientRect().right + 1
	const cut = [...document.querySelectorAll("main table, main svg, main dl")].filter(e => e.checkVisibility() && !within(e, e.closest("main")))
		.concat([...document.querySelectorAll("main td, main th, main dd")].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1))
	return JSON.stringify(addresses.map(a => a.innerText + " " + style(a, "::after").content).concat(parted.map(e => e.className + " is parted"))
		.concat(cut.map(e => e.tagName + " is cut: " + e.innerText)).slice(0, 5))
})()`

// printed fails a page that is not fit to be printed.
func (w *tab) printed(state string) {
	w.t.Helper()
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	w.resize(paperWidth, 900)
	var wrong []string
	decode(w, printedOf, &wrong)
	w.resize(1280, 900)
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	if len(wrong) > 0 {
		w.t.Errorf("%s: on paper: %s", state, strings.Join(wrong, "; "))
	}
}

// unprinted fails a page that has any of these on paper, where nothing can be clicked, or not on screen.
func (w *tab) unprinted(texts ...string) {
	w.t.Helper()
	const shown = `document.body.innerText.replaceAll("\u00a0", " ")`
	screen := eval[string](w, shown)
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	paper := eval[string](w, shown)
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	for _, text := range texts {
		if !strings.Contains(screen, text) || strings.Contains(paper, text) {
			w.t.Errorf("%q is on screen: %t; and on paper: %t", text, strings.Contains(screen, text), strings.Contains(paper, text))
		}
	}
}
