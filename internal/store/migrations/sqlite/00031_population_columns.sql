-- +goose Up

-- Which columns the file of an import had, as the format names them, separated by semicolons; empty where they were not kept.
ALTER TABLE population_import ADD COLUMN columns TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE population_import DROP COLUMN columns;
