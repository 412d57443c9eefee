package card_test

import (
	"crypto"
	"crypto/elliptic"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/ThalesGroup/crypto11"
)

// token makes keys and keeps them to itself: what it is asked to sign, it signs.
var token *crypto11.Context

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "vaccin-token-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	if err := startToken(folder); err != nil {
		fmt.Fprintln(os.Stderr, "the tests of cards need SoftHSM (Debian's package softhsm2):", err)
		return 1
	}
	defer token.Close()
	return m.Run()
}

const pin = "1234"

// library finds SoftHSM's.
func library() (string, error) {
	for _, pattern := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0], nil
		}
	}
	return "", fmt.Errorf("libsofthsm2.so is not there")
}

// startToken makes a token in a folder of its own.
func startToken(folder string) error {
	path, err := library()
	if err != nil {
		return err
	}
	config := filepath.Join(folder, "softhsm2.conf")
	if err := os.WriteFile(config, []byte("directories.tokendir = "+folder+"\nlog.level = ERROR\n"), 0o600); err != nil {
		return err
	}
	if err := os.Setenv("SOFTHSM2_CONF", config); err != nil {
		return err
	}
	made := exec.Command("softhsm2-util", "--init-token", "--free", "--label", "cards", "--pin", pin, "--so-pin", pin)
	if out, err := made.CombinedOutput(); err != nil {
		return fmt.Errorf("softhsm2-util: %w: %s", err, out)
	}
	token, err = crypto11.Configure(&crypto11.Config{Path: path, TokenLabel: "cards", Pin: pin})
	return err
}

var drawn atomic.Uint32

func keyID() []byte { return binary.BigEndian.AppendUint32(nil, drawn.Add(1)) }

// cardKey is a new key of the token, of the kind that cards have.
func cardKey(t *testing.T) crypto.Signer {
	t.Helper()
	k, err := token.GenerateRSAKeyPair(keyID(), 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// quickKey is one that takes less time to make.
func quickKey(t *testing.T) crypto.Signer {
	t.Helper()
	k, err := token.GenerateECDSAKeyPair(keyID(), elliptic.P256())
	if err != nil {
		t.Fatal(err)
	}
	return k
}
