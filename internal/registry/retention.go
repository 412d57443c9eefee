package registry

import (
	"fmt"
	"time"
)

// LogRetirement is the moment before which entries of the access log are retired when an operator names a
// day: the beginning of its month (UTC), for the log is kept in months. Entries are kept so many whole years
// at least.
func LogRetirement(day Date, now time.Time, years int) (time.Time, error) {
	if years < 1 {
		return time.Time{}, Invalid("La durée de conservation du journal des accès est d’au moins un an.")
	}
	month := time.Date(day.Year, day.Month, 1, 0, 0, 0, 0, time.UTC)
	if kept := now.UTC().AddDate(-years, 0, 0); month.After(kept) {
		return time.Time{}, Invalid(fmt.Sprintf("Le journal des accès se garde %d ans au moins : la date doit être au plus tard le %s.",
			years, DateOf(kept).French()))
	}
	return month, nil
}

// LogRetirementEvent is the access-log event of a retirement: how many entries went, and the digest of what
// went.
func (g *Registry) LogRetirementEvent(by Actor, entries int64, digest string) Event {
	event := g.event(by, ActionRetireLog, "")
	event.Count, event.Digest = int(entries), digest
	return event
}
