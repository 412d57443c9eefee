package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"time"

	"vaccin/internal/registry"
)

// BringNewcomers imports the population file of the country's day, into a store that imports such files. It brings those whom a doctor had to
// enter by hand, and tells otherwise of them than was typed: whether they are the same persons is left for someone to decide.
func BringNewcomers(ctx context.Context, store registry.Store, c Country) error {
	if len(c.brought) == 0 {
		return nil // the campaign has not begun
	}
	digest := sha256.New()
	part := registry.PopulationPart{Last: 1} // the header
	for _, p := range c.brought {
		part.Last++
		part.Rows = append(part.Rows, registry.InsuredRow{Line: part.Last, Patient: p})
		write(digest, registry.ImportedPerson{Patient: p})
	}
	file := registry.PopulationFile{
		Digest: hex.EncodeToString(digest.Sum(nil)), Parts: 1, PartSize: 1 << 20, Lines: part.Last,
		Read: func(_ context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
			return func(yield func(registry.PopulationPart, error) bool) {
				if from == part.Number {
					yield(part, nil)
				}
			}
		},
	}
	w := newWorker(store)
	w.now = time.Date(c.Today.Year, c.Today.Month, c.Today.Day, 6, 0, 0, 0, registry.ZoneOf(""))
	outcome, err := w.registry.ImportPopulation(ctx, operator, file, func(registry.PopulationProgress) {})
	if err != nil {
		return fmt.Errorf("importing the newcomers of the demo: %w", err)
	}
	if outcome.Doubtful != len(c.brought) {
		return fmt.Errorf("the newcomers of the demo leave %d doubtful matches, not %d", outcome.Doubtful, len(c.brought))
	}
	return nil
}
