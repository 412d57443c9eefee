package web

import (
	"slices"
	"strings"
	"testing"
	"time"

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

func TestALevelOfTheMapSaysFromHowManyToHowMany(t *testing.T) {
	persons := map[string]int{"12": 60, "13": 3, "14": 3}
	for i, code := range []string{"01", "02", "03", "04", "05", "06", "07"} {
		persons[code] = 50 - 5*i // the highest first
	}
	var v previewView
	v.draw(persons)
	var said []string
	for _, l := range v.levels {
		said = append(said, l.says)
	}
	if want := []string{
		"Aucune personne", "3\u00a0personnes", "De 20 à 25\u00a0personnes", "De 30 à 35\u00a0personnes", "De 40 à 45\u00a0personnes", "De 50 à 60\u00a0personnes",
	}; !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
	if v.box != "0 0 480 600" { // each tile is in it
		t.Errorf("the map is drawn in %q", v.box)
	}
}

func TestARunSaysWhatHappenedToIt(t *testing.T) {
	at := time.Date(2021, 2, 1, 12, 0, 0, 0, time.UTC)
	prepared := registry.Run{State: registry.RunPrepared, PreparedBy: "a", PreparedAt: at}
	done, dropped := prepared, prepared
	done.State, done.ApprovedBy, done.ApprovedAt, done.StartedAt, done.EndedAt = registry.RunDone, "b", at, at, at
	running := done
	running.State = registry.RunRunning
	dropped.State, dropped.DroppedBy, dropped.DroppedAt = registry.RunDropped, "b", at
	for want, run := range map[string]registry.Run{
		"campaign phase period prepared": prepared, "campaign phase period prepared dropped": dropped,
		"campaign phase period prepared approved started": running, "campaign phase period prepared approved started ended targeted": done,
	} {
		var keys []string
		for _, row := range runRows(run, people{}) {
			keys = append(keys, row.Key)
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%s: %s", run.State, got)
		}
	}
}
