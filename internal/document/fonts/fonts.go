// Package fonts embeds the two fonts of the documents: Source Sans 3 (SIL Open Font License 1.1), regular
// and bold, cut down once to what French documents and European names need. It reads files and knows
// nothing of documents. The fonts are built by `make assets`.
package fonts

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed all:data
var data embed.FS

// Regular gives the TrueType file of the regular weight, about 25 kB. The caller may keep the slice and
// must not change it. The error says to run make assets when the font is not built.
func Regular() ([]byte, error) { return read("regular.ttf") }

// Bold is [Regular] in bold.
func Bold() ([]byte, error) { return read("bold.ttf") }

func read(name string) ([]byte, error) {
	font, err := data.ReadFile("data/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("fonts: %s is not built: run make assets", name)
	}
	if err != nil {
		return nil, fmt.Errorf("fonts: %w", err)
	}
	return font, nil
}
