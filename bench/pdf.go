package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// documentTests is the package whose benchmarks are (c): the yardstick needs the text of a summary, which
// only that package's tests can lay hands on.
const documentTests = "vaccin/internal/document"

// benchPDF is (c): the benchmarks of package document, built once and run by turns on one core.
func benchPDF(ctx context.Context, l *lab) (verdict, error) {
	binary := filepath.Join(l.folder, "document.test")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-o", binary, documentTests).CombinedOutput(); err != nil {
		return verdict{}, fmt.Errorf("building the benchmarks of documents: %w: %s", err, out)
	}
	measure := func(name string) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) {
			return goBenchmark(ctx, binary, name, pick(l, "1s", "20ms"))
		}
	}
	c := contest{"PDFs/s", side{"ours", measure("BenchmarkPDF")}, side{"general", measure("BenchmarkPDFYardstick")}, pick(l, 7, 1), 0}
	o, err := c.run(ctx)
	if err != nil {
		return verdict{}, err
	}
	c.tell(l, "one core", o)
	return verdict{ratio: o.ratio, limit: 0.50}, nil
}

var pdfRate = regexp.MustCompile(`\s([0-9.]+) pdf/s`)

// goBenchmark runs one benchmark of a test binary on one core and returns its rate.
func goBenchmark(ctx context.Context, binary, name, duration string) (float64, error) {
	out, err := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", "^"+name+"$", "-test.cpu", "1", "-test.benchtime", duration).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", name, err, out)
	}
	found := pdfRate.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("%s said no rate: %s", name, out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
