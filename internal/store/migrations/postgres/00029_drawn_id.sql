-- +goose NO TRANSACTION
-- +goose Up

-- Identifiers that a first import makes tell the numbers of their records: they need no index. record_drawn_id has the others. A first import
-- takes record_id_key away, which has all; elsewhere it stays for the version before, which looks for identifiers by it. What is
-- left of an index that was not made to the end is taken away first.
DROP INDEX CONCURRENTLY IF EXISTS record_drawn_id;
CREATE UNIQUE INDEX CONCURRENTLY record_drawn_id ON record (id) WHERE length(id) <> 26;

-- +goose Down
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'record'::regclass AND conname = 'record_id_key') THEN
        ALTER TABLE record ADD CONSTRAINT record_id_key UNIQUE (id);
    END IF;
END $$;
-- +goose StatementEnd
DROP INDEX CONCURRENTLY IF EXISTS record_drawn_id;
