package vitaletest

import (
	"fmt"
	"net"
	"testing"
)

// A port that was free is anybody's until the service has it, and tests run beside each other.
func TestAPortThatAnotherProgramTookIsToldFromOneThatReadersHave(t *testing.T) {
	port := freePort(t)
	if _, opened := startOn(t, port); !opened {
		t.Fatal("readers that had their ports are told as if they had not")
	}
	for which, offset := range []int{0, 1} {
		port := freePort(t)
		taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+offset))
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		if _, opened := startOn(t, port); opened {
			t.Errorf("reader %d is told to have the port of another program", which+1)
		}
	}
}
