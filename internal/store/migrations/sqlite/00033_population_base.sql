-- +goose Up

-- As PostgreSQL has it, which loads a first import; this engine merges, and it is 0.
ALTER TABLE population_import ADD COLUMN base BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE population_import DROP COLUMN base;
