package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// sample is a small build of the test's own.
func sample() fstest.MapFS {
	return fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app.css":"app.1.css","app.js":"app.2.js","favicon.svg":"favicon.3.svg",
			"source-sans-3-400.woff2":"r.woff2","source-sans-3-700.woff2":"b.woff2"}`)},
		"app.1.css":     {Data: []byte("body{}")},
		"app.1.css.gz":  {Data: []byte("compressed")},
		"app.2.js":      {Data: []byte("1")},
		"favicon.3.svg": {Data: []byte("<svg/>")},
		"r.woff2":       {Data: []byte("wOF2")},
		"b.woff2":       {Data: []byte("wOF2")},
	}
}

func mustLoad(t *testing.T) *built {
	t.Helper()
	b, err := load(sample())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func get(h http.Handler, target, acceptEncoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept-Encoding", acceptEncoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestMissingOrBrokenBuildSaysWhatToRun(t *testing.T) {
	without := func(name string) fstest.MapFS {
		build := sample()
		delete(build, name)
		return build
	}
	bad := sample()
	bad["manifest.json"] = &fstest.MapFile{Data: []byte("{")}
	short := sample()
	short["manifest.json"] = &fstest.MapFile{Data: []byte(`{"app.css":"app.1.css"}`)}
	for name, build := range map[string]fstest.MapFS{
		"nothing built":     {".gitkeep": {}},
		"a file is missing": without("app.2.js"),
		"torn manifest":     bad,
		"half a build":      short,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(build); err == nil || !strings.Contains(err.Error(), "run make assets") {
				t.Errorf("load: %v, want an error that says to run make assets", err)
			}
		})
	}
}

func TestServesTheHashedFileForEver(t *testing.T) {
	b := mustLoad(t)
	w := get(b, b.path("app.css"), "")
	if w.Code != http.StatusOK || w.Body.String() != "body{}" {
		t.Fatalf("%d %q", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/css; charset=utf-8",
		"Cache-Control":          "public, max-age=31536000, immutable",
		"Vary":                   "Accept-Encoding",
		"Content-Encoding":       "",
		"Content-Length":         "6",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestServesTheCompressedFileToWhoAcceptsIt(t *testing.T) {
	b := mustLoad(t)
	w := get(b, b.path("app.css"), "br, gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.String() != "compressed" {
		t.Errorf("encoding %q, body %q", w.Header().Get("Content-Encoding"), w.Body)
	}
	w = get(b, b.path("source-sans-3-400.woff2"), "gzip")
	if w.Header().Get("Content-Encoding") != "" || w.Header().Get("Vary") != "" {
		t.Errorf("a font has one form only: %v", w.Header())
	}
}

func TestUnknownNamesAreNotFound(t *testing.T) {
	b := mustLoad(t)
	for _, name := range []string{"app.css", "manifest.json", ".gitkeep", "app.1.css.gz", "", "../assets.go", "app.0.css"} {
		if w := get(b, Prefix+name, "gzip"); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%q: %d, cache %q; want 404 that is not kept", name, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	b := mustLoad(t)
	for method, want := range map[string]int{http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest(method, b.path("app.css"), nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", method, w.Code, want)
		}
		if method == http.MethodHead && (w.Body.Len() != 0 || w.Header().Get("Content-Length") != "6") {
			t.Errorf("HEAD: body of %d bytes, length %q", w.Body.Len(), w.Header().Get("Content-Length"))
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br;q=1, gzip;q=0.5": true, "gzip;q=0": false, "*": true,
		"*;q=0": false, "gzip;q=0, *": false, "*, gzip;q=0.000": false, "deflate, br": false, "gzip;q=x": false, "gzip ; Q=1": true,
	} {
		if got := acceptsGzip([]string{accept}); got != want {
			t.Errorf("acceptsGzip(%q) = %v, want %v", accept, got, want)
		}
	}
}

// TestTheEmbeddedBuild holds what was promised of the real build: weight, no address of another site,
// compressed forms equal to the plain ones.
func TestTheEmbeddedBuild(t *testing.T) {
	if err := Ready(); err != nil {
		t.Fatal(err)
	}
	b, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name := range b.hashed {
		file := b.files[b.hashed[name]]
		total += len(file.plain)
		if file.gzipped != nil {
			checkSame(t, name, file)
		}
		if w := get(Handler(), Path(name), ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", Path(name), w.Code)
		}
	}
	// A first page may weigh 150 kB: 18 are left to the page itself.
	if total > 132_000 {
		t.Errorf("the build weighs %d bytes, more than 132,000", total)
	}
	style := string(b.files[b.hashed["app.css"]].plain)
	for _, address := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(style, -1) {
		target := strings.Trim(address[1], `"`)
		if !strings.HasPrefix(target, "data:image/svg+xml,") && b.files[target].plain == nil {
			t.Errorf("the style sheet asks for %s, which the build does not hold", target)
		}
	}
	if regexp.MustCompile(`__[A-Z]`).MatchString(style) {
		t.Error("a mark of the style sheet was not replaced")
	}
}

func checkSame(t *testing.T, name string, f file) {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(f.gzipped))
	if err != nil {
		t.Fatalf("%s.gz: %v", name, err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil || !bytes.Equal(plain, f.plain) {
		t.Errorf("%s.gz does not hold the plain file (%v)", name, err)
	}
}
