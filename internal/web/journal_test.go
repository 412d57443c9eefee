package web

import (
	"testing"

	"vaccin/internal/registry"
)

func TestNumbersOfTheLogAreWrittenAsOnOtherPages(t *testing.T) {
	var e registry.ShownEntry
	e.Outcome, e.Count = registry.OutcomeDone, 2147
	if got := journalEntryShown(e, registry.Agents{}).outcome; got != "Fait (2\u202f147)" {
		t.Errorf("%q", got)
	}
}
