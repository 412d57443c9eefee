-- +goose Up

-- When counting a run, or carrying it out, failed the last time; 0 once it was done, and of one that never failed.
ALTER TABLE campaign_run ADD COLUMN failed_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE campaign_run DROP COLUMN failed_at;
