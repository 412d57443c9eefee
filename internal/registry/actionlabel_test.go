package registry_test

import (
	"os"
	"regexp"
	"testing"

	"vaccin/internal/registry"
)

// The officer reads French: no action reaches their pages under the word that the log keeps.
func TestEveryActionOfTheLogHasItsWords(t *testing.T) {
	source, err := os.ReadFile("event.go")
	if err != nil {
		t.Fatal(err)
	}
	actions := regexp.MustCompile(`(?m)^\tAction\w+ +Action = "([a-z-]+)"`).FindAllSubmatch(source, -1)
	if len(actions) < 40 {
		t.Fatalf("only %d actions were found", len(actions))
	}
	for _, a := range actions {
		if action := registry.Action(a[1]); action.Label() == string(action) {
			t.Errorf("%s has no words", action)
		}
	}
}
