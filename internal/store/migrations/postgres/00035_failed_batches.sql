-- +goose Up

-- When making the letters of a batch failed the last time; 0 once they were made, and of one that never failed.
ALTER TABLE letter_batch ADD COLUMN failed_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE letter_batch DROP COLUMN failed_at;
