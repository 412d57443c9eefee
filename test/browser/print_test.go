package browser_test

import (
	"strings"

	"github.com/chromedp/cdproto/emulation"
)

// printedOf is what would be wrong on paper: addresses within the service, which whoever reads paper has no use for, and cards,
// maps and tables that a page may part from what says what they are.
const printedOf = `(() => {
	const style = (e, part) => getComputedStyle(e, part)
	const addresses = [...document.querySelectorAll("a[href^='/']")].filter(a => a.checkVisibility() && style(a, "::after").content.includes("/"))
	const parted = [...document.querySelectorAll(".app-card, .app-map")].filter(e => style(e).breakInside !== "avoid")
		.concat([...document.querySelectorAll(".app-table caption, .app-table thead")].filter(e => style(e).breakAfter !== "avoid"))
	return JSON.stringify(addresses.map(a => a.innerText + " " + style(a, "::after").content).concat(parted.map(e => e.className + " is parted")).slice(0, 5))
})()`

// printed fails a page that is not fit to be printed.
func (w *tab) printed(state string) {
	w.t.Helper()
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	var wrong []string
	decode(w, printedOf, &wrong)
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	if len(wrong) > 0 {
		w.t.Errorf("%s: on paper: %s", state, strings.Join(wrong, "; "))
	}
}
