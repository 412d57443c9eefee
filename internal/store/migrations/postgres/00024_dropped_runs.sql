-- +goose Up

-- By whom a run was dropped, and when: of one that was dropped before, or by the version before, neither is known.
ALTER TABLE campaign_run ADD COLUMN dropped_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE campaign_run ADD COLUMN dropped_at BIGINT NOT NULL DEFAULT 0 CHECK (dropped_at = 0 OR state = 'dropped');

-- Why the service dropped a batch by itself; empty for one that a person dropped, or that was dropped before.
ALTER TABLE letter_batch ADD COLUMN drop_reason TEXT COLLATE "C" NOT NULL DEFAULT ''
    CHECK (drop_reason IN ('', 'objecting', 'deceased', 'closed') AND (drop_reason = '' OR dropped_at > 0));

-- +goose Down
ALTER TABLE letter_batch DROP COLUMN drop_reason;
ALTER TABLE campaign_run DROP COLUMN dropped_at;
ALTER TABLE campaign_run DROP COLUMN dropped_by;
