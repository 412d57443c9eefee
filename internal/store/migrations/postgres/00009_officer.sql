-- +goose Up
-- Why the data-protection officer looked at a person; empty of every other entry.
ALTER TABLE access_log ADD COLUMN reason TEXT COLLATE "C" NOT NULL DEFAULT '';

-- The log of a period, the latest first. It grows at its end alone, so it costs an entry little; one that led to
-- a place would be written all over.
CREATE INDEX access_log_at ON access_log (at);

-- +goose Down
DROP INDEX access_log_at;
ALTER TABLE access_log DROP COLUMN reason;
