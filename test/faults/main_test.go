package faults_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	kills     = flag.Int("faults.kills", 6, "how many times the service or the database is killed")
	failovers = flag.Int("faults.failovers", 1, "how many times a standby takes over from a killed primary")
	doctors   = flag.Int("faults.doctors", 4, "how many doctors work at the same time")
)

// program is the service as an operator runs it.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	// The scenarios mostly wait: for a process to start, for a fault to last.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	folder, err := os.MkdirTemp("", "vaccin-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "vaccin")
	build := exec.Command("go", "build", "-o", program, "vaccin/cmd/vaccin")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the service:", err)
		return 1
	}
	code := m.Run()
	if like, _ := model(); like != nil { // a test that needed it has told its error
		if err := errors.Join(like.cluster.Remove(), os.RemoveAll(like.folder)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}
