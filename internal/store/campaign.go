package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"vaccin/internal/registry"
)

const (
	saveCampaign = "INSERT INTO campaign (id, version, content, saved_by, saved_at) SELECT $1, $2, $3, $4, $5" +
		" WHERE $2 = 1 + (SELECT COALESCE(MAX(version), 0) FROM campaign WHERE id = $1) ON CONFLICT DO NOTHING"
	selectCampaigns = "SELECT version, content, saved_by, saved_at FROM campaign c" +
		" WHERE NOT EXISTS (SELECT 1 FROM campaign later WHERE later.id = c.id AND later.version > c.version)"
)

// SaveCampaign implements registry.TargetingStore.
func (s *Store) SaveCampaign(ctx context.Context, c registry.SavedCampaign, event registry.Event) error {
	save, err := saved(c)
	if err != nil {
		return err
	}
	return s.withEvent(ctx, event, save)
}

// saved keeps a version of a campaign, if it follows the one that is known.
func saved(c registry.SavedCampaign) (statement, error) {
	content, err := json.Marshal(c.Campaign)
	if err != nil {
		return statement{}, fmt.Errorf("writing a campaign: %w", err)
	}
	return statement{
		sql:  saveCampaign,
		args: []any{c.ID, c.Version, string(content), c.SavedBy, c.SavedAt.UnixMicro()},
		none: []reason{{err: registry.ErrOvertaken}},
	}, nil
}

// Campaigns implements registry.TargetingStore.
func (s *Store) Campaigns(ctx context.Context) ([]registry.SavedCampaign, error) {
	all, err := readAll(ctx, s, selectCampaigns, nil, func(c *registry.SavedCampaign) []any {
		return []any{&c.Version, asCampaign(&c.Campaign), &c.SavedBy, asMoment(&c.SavedAt)}
	})
	if err != nil {
		return nil, fmt.Errorf("reading campaigns: %w", err)
	}
	slices.SortFunc(all, func(a, b registry.SavedCampaign) int { return a.Compare(b.Campaign) })
	return all, nil
}

var errNoCampaign = errors.New("store: a column of campaigns holds something else")

func asCampaign(c *registry.Campaign) scanner { return asJSON(c, errNoCampaign) }
