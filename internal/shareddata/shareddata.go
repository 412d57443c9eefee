// Package shareddata finds, for tests, the folder of real data that may stand
// beside the repository (../shared/data, never committed).
//
// Tests on real data run in addition to those on the project's own fixtures,
// wherever the folder is there. This is the one place of the project where a test
// may be skipped, and it says why. Only tests may import it.
package shareddata

import (
	"os"
	"path/filepath"
	"testing"
)

// EnvVar names the environment variable that holds the absolute path of the folder
// of real data. Unset or empty, ../shared/data beside the repository is looked at.
const EnvVar = "VACCIN_SHARED"

// marker is the file that tells the folder of real data from another of that name.
const marker = "SOURCES.md"

// Path returns the absolute path of a file or folder of the real data, given by
// its name with slashes: "places/centres-vaccination-2021-01.csv". Without the real
// data it skips the test. When they are there and the file is not, it fails the
// test: a name typed wrong must not read as a test passed over.
func Path(t testing.TB, name string) string {
	t.Helper()
	root := find(t)
	if root == "" {
		t.Skipf("real data absent: neither %s nor ../shared/data beside the repository holds %s", EnvVar, marker)
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("real data incomplete: %v", err)
	}
	return path
}

// find returns the folder of real data, or "" where there is none. A folder that
// the environment names must be one.
func find(t testing.TB) string {
	t.Helper()
	if named := os.Getenv(EnvVar); named != "" {
		if !holdsData(named) {
			t.Fatalf("%s names a folder without %s", EnvVar, marker)
		}
		return named
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(moduleRoot(dir), "..", "shared", "data")
	if !holdsData(beside) {
		return ""
	}
	return beside
}

// moduleRoot returns the nearest folder above dir, or dir itself, that holds a
// go.mod, and dir when none does.
func moduleRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

func holdsData(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, marker))
	return err == nil && info.Mode().IsRegular()
}
