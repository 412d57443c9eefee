// Command tlscheck holds addresses that speak TLS to what testssl.sh finds: nothing of medium severity or
// worse, but for what a private authority cannot avoid.
//
//	go run ./scripts/tlscheck                   the service, started for it with a certificate made for it
//	go run ./scripts/tlscheck localhost:8443 …  what listens there already, such as the listener of cards
//
// It takes some two minutes an address, most of it testssl.sh waiting, and sends handshakes to this
// machine alone. It judges nothing itself: severities are testssl.sh's.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "tlscheck:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, addresses []string) (ok bool, err error) {
	folder, err := os.MkdirTemp("", "tlscheck-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	authority, looks := "", asked
	if len(addresses) == 0 {
		address, ca, stop, err := service(ctx, folder)
		if err != nil {
			return false, err
		}
		defer stop()
		addresses, authority = []string{address}, ca
		looks = append(looks, "HSTS_time") // a listener of cards need not answer who has none
	}
	ok = true
	for i, address := range addresses {
		file := filepath.Join(folder, fmt.Sprintf("findings-%d.json", i))
		if err := testssl(ctx, address, authority, file); err != nil {
			return false, err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return false, err
		}
		bad, judged, err := judge(data, looks)
		if err != nil {
			return false, fmt.Errorf("%s: %w", address, err)
		}
		for _, f := range bad {
			fmt.Printf("%s: %s %s: %s\n", address, f.Severity, f.ID, f.Finding)
		}
		fmt.Printf("%s: %d findings, %d of medium severity or worse\n", address, judged, len(bad))
		ok = ok && len(bad) == 0
	}
	return ok, nil
}

// finding is one line of testssl.sh's JSON.
type finding struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Finding  string `json:"finding"`
}

// allowed are what no certificate of a private authority can show, and nothing else.
var allowed = []string{
	"cert_chain_of_trust", // the authority is in no browser's store
	"cert_trust",
	"cert_revocation", // it publishes no list where the whole world could ask
	"cert_crlDistributionPoints",
	"cert_ocspURL",
	"DNS_CAArecord", // localhost has no DNS records
}

// asked are findings without which testssl.sh did not look at what matters.
var asked = []string{
	"SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "cipherlist_NULL", "cipherlist_STRONG", "PFS", "cert_signatureAlgorithm",
	"heartbleed", "ROBOT", "secure_renego", "SWEET32", "LOGJAM", "BEAST", "LUCKY13", "RC4",
}

// judge returns the findings that may not be, and how many there are in all. Findings that are not about
// the server ("WARN": the tool could not look) count when what they leave out is asked for.
func judge(data []byte, asked []string) (bad []finding, judged int, err error) {
	var all []finding
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, 0, fmt.Errorf("reading what testssl.sh found: %w", err)
	}
	seen := map[string]bool{}
	for _, f := range all {
		seen[f.ID] = f.Severity != "WARN"
		if slices.Contains([]string{"MEDIUM", "HIGH", "CRITICAL", "FATAL"}, f.Severity) && !slices.Contains(allowed, f.ID) {
			bad = append(bad, f)
		}
	}
	for _, id := range asked {
		if !seen[id] {
			bad = append(bad, finding{id, "MISSING", "testssl.sh did not look at it"})
		}
	}
	return bad, len(all), nil
}

// testssl runs the tool against an address and writes its findings to a file.
func testssl(ctx context.Context, address, authority, file string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not this machine: others are not tried", host)
	}
	tool, err := exec.LookPath("testssl")
	if err != nil {
		return errors.New("testssl is not there: install Debian's package testssl.sh")
	}
	// Protocols, ciphers, forward secrecy, preference, certificate, headers, vulnerabilities.
	args := []string{"--quiet", "--color", "0", "--warnings", "off", "--ip", "one", "-p", "-s", "-f", "-P", "-S", "-h", "-U", "--jsonfile", file}
	if authority != "" {
		args = append(args, "--add-ca", authority)
	}
	command := exec.CommandContext(ctx, tool, append(args, "https://"+address)...)
	command.Env = append(os.Environ(), "TERM=dumb")
	if out, err := command.CombinedOutput(); ctx.Err() != nil {
		return ctx.Err()
	} else if _, found := os.Stat(file); found != nil { // its status counts findings
		return fmt.Errorf("testssl found nothing out: %w\n%s", err, out)
	}
	return nil
}
