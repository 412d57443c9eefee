package web

import (
	"testing"

	"vaccin/internal/registry"
)

func TestHowManyGotACodeIsSaidAsPeopleSayIt(t *testing.T) {
	for targeted, want := range map[int]string{
		0: "Personne n’a reçu de code.", 1: "1\u00a0personne a reçu un code.", 1200: "1\u202f200\u00a0personnes ont reçu un code.",
	} {
		if got := runEffect(registry.Run{State: registry.RunDone, Targeted: targeted}); got != want {
			t.Errorf("%d: %q", targeted, got)
		}
	}
}
