package referential

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"vaccin/internal/registry"
)

// partRows is the most rows of one transaction: few enough for a running service to write in between.
const partRows = 10_000

// Apply hands what a reader read to the store, in parts of at most 10,000 rows, each with its event:
// who, how many rows, and the digest of the file with the part's number. Interrupted, it can be run
// again from the start: rows that are there already change nothing. done, which may be nil, is told
// after each part how many rows the store has.
func Apply(
	ctx context.Context, g *registry.Registry, store registry.ReferenceStore, by registry.Actor,
	change registry.ReferenceChange, digest string, done func(rows int),
) error {
	all, total := parts(change), 0
	for i, part := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		covered := digest
		if len(all) > 1 {
			covered = fmt.Sprintf("%s %d/%d", digest, i+1, len(all))
		}
		event := g.ImportEvent(by, Rows(part), covered)
		if err := store.ImportReference(ctx, part, event); err != nil {
			return fmt.Errorf("importing reference data: %w", err)
		}
		if total += Rows(part); done != nil {
			done(total)
		}
	}
	return nil
}

// Rows is the number of rows of a change, all kinds together.
func Rows(c registry.ReferenceChange) int {
	return len(c.Vaccines) + len(c.Schedules) + len(c.Sites) + len(c.PlaceTypes) + len(c.Activities) + len(c.Openings) + len(c.ObjectionLimits) +
		len(c.Localities) + len(c.Points) + len(c.Places) + len(c.GonePlaces) + len(c.Lots) + len(c.PracticePlaces) + len(c.Campaigns)
}

// parts cuts a change. The small kinds stay together in the first part, and the places of one
// practitioner in one part, because the store keeps their order.
func parts(c registry.ReferenceChange) []registry.ReferenceChange {
	small := c
	small.Localities, small.Points, small.Places, small.GonePlaces, small.Lots, small.PracticePlaces = nil, nil, nil, nil, nil, nil
	all := []registry.ReferenceChange{}
	if Rows(small) > 0 {
		all = append(all, small)
	}
	for rows := range slices.Chunk(c.Localities, partRows) {
		all = append(all, registry.ReferenceChange{Localities: rows})
	}
	for rows := range slices.Chunk(c.Points, partRows) { // of localities that are there by then
		all = append(all, registry.ReferenceChange{Points: rows})
	}
	for rows := range slices.Chunk(c.Places, partRows) {
		all = append(all, registry.ReferenceChange{Places: rows})
	}
	switch last := len(all) - 1; {
	case len(c.GonePlaces) > 0 && len(c.Places) > 0: // with the end of their list: what has not ended has shown none to be gone
		all[last].GonePlaces = c.GonePlaces
	case len(c.GonePlaces) > 0:
		all = append(all, registry.ReferenceChange{GonePlaces: c.GonePlaces})
	}
	for rows := range slices.Chunk(c.Lots, partRows) {
		all = append(all, registry.ReferenceChange{Lots: rows})
	}
	for _, rows := range practiceParts(c.PracticePlaces) {
		all = append(all, registry.ReferenceChange{PracticePlaces: rows})
	}
	return all
}

func practiceParts(rows []registry.PractitionerPlace) [][]registry.PractitionerPlace {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b registry.PractitionerPlace) int { return cmp.Compare(a.NationalID, b.NationalID) })
	result := [][]registry.PractitionerPlace{}
	for len(rows) > 0 {
		end := min(partRows, len(rows))
		for end < len(rows) && rows[end].NationalID == rows[end-1].NationalID {
			end++
		}
		result = append(result, rows[:end:end])
		rows = rows[end:]
	}
	return result
}

// Seed fills a store that has no reference data yet with those that ship, in one transaction, and
// tells whether it did. A store that has some is left as it is: what was imported since is newer.
func Seed(ctx context.Context, g *registry.Registry, store registry.ReferenceStore, by registry.Actor) (bool, error) {
	present, err := g.Store.Reference(ctx)
	if err != nil {
		return false, fmt.Errorf("loading reference data: %w", err)
	}
	if len(present.Vaccines) > 0 {
		return false, seedCampaigns(ctx, g, store, by)
	}
	change, err := Builtin()
	if err != nil {
		return false, err
	}
	if change.Localities, err = Localities(); err != nil {
		return false, err
	}
	if change.Campaigns, err = Campaigns(); err != nil {
		return false, err
	}
	if err := store.ImportReference(ctx, change, g.ImportEvent(by, Rows(change), digestOf(change))); err != nil {
		return false, fmt.Errorf("seeding a new store: %w", err)
	}
	return true, nil
}

// seedCampaigns gives a store of before campaigns those that ship, once.
func seedCampaigns(ctx context.Context, g *registry.Registry, store registry.ReferenceStore, by registry.Actor) error {
	kept, ok := store.(registry.TargetingStore)
	if !ok {
		return nil
	}
	known, err := kept.Campaigns(ctx)
	if err != nil || len(known) > 0 {
		return err
	}
	change := registry.ReferenceChange{}
	if change.Campaigns, err = Campaigns(); err != nil {
		return err
	}
	return store.ImportReference(ctx, change, g.ImportEvent(by, Rows(change), digestOf(change)))
}

// digestOf is the digest of data that come from no single file.
func digestOf(c registry.ReferenceChange) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%+v", c) // a hash never fails to be written to
	return hex.EncodeToString(digest.Sum(nil))
}
