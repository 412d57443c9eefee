package browser_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var unsafeInName = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// picture writes how the page looks, on a desk, on a telephone and at 400 %, and the page of its PDF, where
// the flag -shots asks for it.
func (w *tab) picture(state string) {
	w.t.Helper()
	if *shots == "" {
		return
	}
	name := filepath.Join(*shots, unsafeInName.ReplaceAllString(state, "-"))
	for _, window := range []struct {
		name          string
		width, height int64
	}{{"desk", 1280, 900}, {"phone", 390, 800}, {"narrow", 320, 700}} {
		w.resize(window.width, window.height)
		eval[bool](w, `scrollTo(0, 0); true`)
		w.write(name+"."+window.name+".png", chromedp.FullScreenshot(100))
	}
	w.resize(1280, 900)
	if eval[bool](w, `document.querySelector("a[href$='.pdf']") !== null`) {
		w.paper(name)
	}
}

func (w *tab) write(file string, picture chromedp.Action[[]byte]) {
	w.t.Helper()
	image, err := chromedp.Run(w.ctx, picture)
	w.fatal(err, "taking a picture")
	w.fatal(os.WriteFile(file, image, 0o600), "keeping a picture")
}

// paper writes the PDF of the summary shown, and a picture of it.
func (w *tab) paper(name string) {
	w.t.Helper()
	text := eval[string](w, `(async () => {
		const answer = await fetch(document.querySelector("a[href$='.pdf']").href)
		return btoa([...new Uint8Array(await answer.arrayBuffer())].map(b => String.fromCharCode(b)).join(""))
	})()`)
	content, err := base64.StdEncoding.DecodeString(text)
	w.fatal(err, "reading the PDF")
	w.fatal(os.WriteFile(name+".pdf", content, 0o600), "keeping the PDF")
	out, err := exec.CommandContext(w.t.Context(), "pdftoppm", "-png", "-r", "90", name+".pdf", name+".pdf").CombinedOutput()
	w.fatal(err, "picturing the PDF: "+string(out))
}

// TestPictureForTheReadme takes the picture docs/images/summary.png, where the flag -shots asks for pictures.
func TestPictureForTheReadme(t *testing.T) {
	if *shots == "" {
		return
	}
	w := newTab(t)
	w.signIn("dr-ehpad")
	w.open("/recherche")
	w.fill("code", site.example(t, "Presque centenaire").Code.Format())
	w.send("Rechercher par code")
	w.follow("Déclarer l’éligibilité")
	w.declare()
	w.follow("Enregistrer la 1ère vaccination")
	if _, place := w.firstDose(); !strings.Contains(place, "Glycines") {
		t.Errorf("the place is %s", place)
	}
	w.resize(1200, 920)
	eval[bool](w, `document.activeElement.blur(); scrollTo(0, 0); true`)
	w.write(filepath.Join(*shots, "readme.png"), chromedp.CaptureScreenshot())
}
