package shareddata_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"vaccin/internal/shareddata"
)

// outcome is a test seen from outside: what Path made of it.
type outcome struct {
	testing.TB
	result, reason string
}

func (o *outcome) Helper() {}

func (o *outcome) Skipf(format string, args ...any) {
	o.stop("skipped", fmt.Sprintf(format, args...))
}

func (o *outcome) Fatalf(format string, args ...any) {
	o.stop("failed", fmt.Sprintf(format, args...))
}

func (o *outcome) stop(result, reason string) {
	o.result, o.reason = result, reason
	runtime.Goexit()
}

// ask calls Path as a test would, and returns what came of it.
func ask(t *testing.T, name string) (path string, o *outcome) {
	t.Helper()
	o = &outcome{TB: t, result: "passed"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		path = shareddata.Path(o, name)
	}()
	<-done
	return path, o
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPath(t *testing.T) {
	top := t.TempDir()
	full := filepath.Join(top, "shared", "data")
	write(t, filepath.Join(full, "SOURCES.md"))
	write(t, filepath.Join(full, "places", "centres.csv"))
	write(t, filepath.Join(top, "repository", "go.mod"))
	write(t, filepath.Join(top, "repository", "internal", "x", "x.go"))
	write(t, filepath.Join(top, "elsewhere", "alone", "go.mod"))
	write(t, filepath.Join(top, "elsewhere", "shared", "data", "unrelated.csv"))

	tests := []struct {
		name, env, wd, file, want string
	}{
		{"beside the repository", "", "repository", "places/centres.csv", "passed"},
		{"from a package of the repository", "", "repository/internal/x", "places/centres.csv", "passed"},
		{"a folder", "", "repository", "places", "passed"},
		{"named by the environment", full, "elsewhere/alone", "places/centres.csv", "passed"},
		{"a name typed wrong", "", "repository", "places/center.csv", "failed"},
		{"a clone that stands alone beside another shared", "", "elsewhere/alone", "places/centres.csv", "skipped"},
		{"the environment names no such folder", filepath.Join(top, "none"), "repository", "places/centres.csv", "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(shareddata.EnvVar, tt.env)
			t.Chdir(filepath.Join(top, filepath.FromSlash(tt.wd)))
			path, o := ask(t, tt.file)
			if o.result != tt.want {
				t.Fatalf("%s (%s), want %s", o.result, o.reason, tt.want)
			}
			if _, err := os.Stat(path); tt.want == "passed" && (err != nil || !filepath.IsAbs(path)) {
				t.Errorf("path %q: absolute %v, error %v", path, filepath.IsAbs(path), err)
			}
			if tt.want != "passed" && o.reason == "" {
				t.Error("no reason given")
			}
		})
	}
}
