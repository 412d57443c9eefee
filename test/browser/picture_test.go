package browser_test

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/chromedp/chromedp"
)

var unsafeInName = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// picture writes how the page looks, on a desk and on a telephone, where the flag -shots asks for it.
func (w *tab) picture(state string) {
	w.t.Helper()
	if *shots == "" {
		return
	}
	for _, window := range []struct {
		name          string
		width, height int64
	}{{"desk", 1280, 900}, {"phone", 390, 800}, {"narrow", 320, 700}} {
		w.resize(window.width, window.height)
		image, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			w.t.Fatal(err)
		}
		name := unsafeInName.ReplaceAllString(state, "-") + "." + window.name + ".png"
		if err := os.WriteFile(filepath.Join(*shots, name), image, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	w.resize(1280, 900)
}
