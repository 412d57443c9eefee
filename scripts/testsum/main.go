// Command testsum reads the output of "go test -json" and writes what a person
// wants of it: one line a package, the whole output of what failed, the reason of
// each test passed over, and a last line "N passed, N failed, N skipped".
//
//	go test -json ./... | go run ./scripts/testsum
//
// It ends with status 1 when anything failed or nothing was run. It decides nothing
// about tests: the line between passing and failing is go test's.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	ok, err := summarise(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is one line of go test -json, as "go doc test2json" describes it.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output, in place of Package
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// summary is what was read so far.
type summary struct {
	out                     io.Writer
	output                  map[string]*strings.Builder // of each test and package under way
	passedIn, failedIn      map[string]int              // tests of each package
	passed, failed, skipped int
	skips                   []string
}

// summarise reads events to the end and writes their summary. It reports whether
// something ran and nothing failed.
func summarise(in io.Reader, out io.Writer) (bool, error) {
	s := &summary{out: out, output: map[string]*strings.Builder{}, passedIn: map[string]int{}, failedIn: map[string]int{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			s.read(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
	}
	for _, skip := range s.skips {
		fmt.Fprintln(out, skip)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	return s.failed == 0 && s.passed > 0, nil
}

// read takes one line in. What is not an event is the go command's own words, which
// are passed on.
func (s *summary) read(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		fmt.Fprint(s.out, string(line))
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		if s.output[key] == nil {
			s.output[key] = &strings.Builder{}
		}
		s.output[key].WriteString(e.Output)
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "pass", "fail", "skip":
		s.end(e, key)
	}
}

// end takes in the end of a test, or of a package.
func (s *summary) end(e event, key string) {
	output := ""
	if b := s.output[key]; b != nil {
		output = b.String()
		delete(s.output, key)
	}
	if e.Action == "fail" {
		fmt.Fprint(s.out, output)
	}
	if e.Test == "" {
		s.endPackage(e, output)
		return
	}
	switch e.Action {
	case "pass":
		s.passed++
		s.passedIn[e.Package]++
	case "fail":
		s.failed++
		s.failedIn[e.Package]++
	case "skip":
		s.skipped++
		s.skips = append(s.skips, fmt.Sprintf("skipped: %s %s: %s", e.Package, e.Test, reason(output)))
	}
}

// endPackage writes the line of a package. A package that fails without a failing
// test (it does not build, it panics, it exits) counts as one failure.
func (s *summary) endPackage(e event, output string) {
	switch e.Action {
	case "pass":
		cached := ""
		if strings.Contains(output, "(cached)") {
			cached = ", cached"
		}
		fmt.Fprintf(s.out, "ok   %-40s %3d tests, %.1f s%s\n", e.Package, s.passedIn[e.Package], e.Elapsed, cached)
	case "fail":
		if s.failedIn[e.Package] == 0 {
			s.failed++
		}
		fmt.Fprintf(s.out, "FAIL %s\n", e.Package)
	}
}

// reason returns why a test was skipped: the first line it wrote itself.
func reason(output string) string {
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "no reason given"
}
