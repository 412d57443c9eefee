// Package assets embeds the style, the script and the fonts of the pages, and serves them under names that
// change with their content, so that a browser keeps each for ever. It serves nothing that a person
// entered and knows nothing of the pages. The files are built by `make assets`; without them the package
// compiles, and [Ready] says what to do.
package assets

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Prefix is where the files are served; [Handler] is to be mounted there.
const Prefix = "/assets/"

//go:embed all:dist
var embedded embed.FS

// bundle is the embedded build, read at the first use.
var bundle = sync.OnceValues(func() (*built, error) {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	return load(dist)
})

// Ready tells whether the build is there and whole.
func Ready() error {
	_, err := bundle()
	return err
}

// Path gives the address of a file by the name it has in the sources: "app.css" is
// "/assets/app.<hash>.css". A name that the build does not hold gives an address that answers 404, so
// that a page never fails for a missing picture; [Ready] at start and the pages' tests see to the rest.
func Path(name string) string {
	b, err := bundle()
	if err != nil {
		return Prefix + name
	}
	return b.path(name)
}

// Handler serves the files under [Prefix], compressed for browsers that accept it. When the build is
// missing every address answers 404.
func Handler() http.Handler {
	b, err := bundle()
	if err != nil {
		return http.NotFoundHandler()
	}
	return b
}

// file is one served file: its bytes, and the same bytes compressed where that is smaller.
type file struct {
	contentType string
	plain       []byte
	gzipped     []byte // nil when the file is not worth compressing
}

// built is a build in memory: names of the sources to hashed names, hashed names to files.
type built struct {
	hashed map[string]string
	files  map[string]file
}

// contentTypes are fixed here: the system's own table differs from one machine to another.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// required are the files that no page does without.
var required = []string{"app.css", "app.js", "favicon.svg", "source-sans-3-400.woff2", "source-sans-3-700.woff2"}

func load(dist fs.FS) (*built, error) {
	manifest, err := fs.ReadFile(dist, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("assets: the style and the script of the pages are not built: run make assets")
	}
	if err != nil {
		return nil, fmt.Errorf("assets: read the manifest: %w", err)
	}
	b := &built{files: map[string]file{}}
	if err := json.Unmarshal(manifest, &b.hashed); err != nil {
		return nil, fmt.Errorf("assets: manifest.json: %w; run make assets", err)
	}
	for _, name := range required {
		if b.hashed[name] == "" {
			return nil, fmt.Errorf("assets: the build lacks %s: run make assets", name)
		}
	}
	for _, hashed := range b.hashed {
		if b.files[hashed], err = loadFile(dist, hashed); err != nil {
			return nil, fmt.Errorf("assets: %w; run make assets", err)
		}
	}
	return b, nil
}

func loadFile(dist fs.FS, name string) (file, error) {
	contentType, known := contentTypes[path.Ext(name)]
	if !known {
		return file{}, fmt.Errorf("no content type for %s", name)
	}
	plain, err := fs.ReadFile(dist, name)
	if err != nil {
		return file{}, err
	}
	gzipped, err := fs.ReadFile(dist, name+".gz")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return file{}, err
	}
	return file{contentType: contentType, plain: plain, gzipped: gzipped}, nil
}

func (b *built) path(name string) string {
	if hashed, ok := b.hashed[name]; ok {
		return Prefix + hashed
	}
	return Prefix + name
}

// ServeHTTP answers with the file of that hashed name, or 404: an unhashed name is never served, for it
// could not be kept for ever.
func (b *built) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	found, ok := b.files[strings.TrimPrefix(r.URL.Path, Prefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	body := found.plain
	header := w.Header()
	if found.gzipped != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			body = found.gzipped
		}
	}
	header.Set("Content-Type", found.contentType)
	header.Set("Content-Length", fmt.Sprint(len(body)))
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return
	}
	// A browser that went away is the only way this write fails.
	_, _ = w.Write(body)
}
