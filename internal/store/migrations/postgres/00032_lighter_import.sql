-- +goose NO TRANSACTION
-- +goose Up

-- record_drawn_id again, with a condition that counts bytes: a first import keeps this one while rows come, for which to count characters
-- costs too much. What is left of an index that was not made to the end is taken away first.
DROP INDEX CONCURRENTLY IF EXISTS record_drawn;
CREATE UNIQUE INDEX CONCURRENTLY record_drawn ON record (id) WHERE octet_length(id) <> 26;

-- Where there are persons, the version before asks for record_drawn_id: there it goes with the next version.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM record) THEN
        DROP INDEX IF EXISTS record_drawn_id;
    END IF;
END $$;
-- +goose StatementEnd

-- The same check, by bytes, too: it is made of each row that comes.
ALTER TABLE record DROP CONSTRAINT IF EXISTS record_birth_date_check,
    ADD CONSTRAINT record_birth_date_check CHECK (octet_length(birth_date) = 8) NOT VALID;
ALTER TABLE record VALIDATE CONSTRAINT record_birth_date_check;

-- +goose Down
ALTER TABLE record DROP CONSTRAINT IF EXISTS record_birth_date_check,
    ADD CONSTRAINT record_birth_date_check CHECK (length(birth_date) = 8) NOT VALID;
ALTER TABLE record VALIDATE CONSTRAINT record_birth_date_check;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS record_drawn_id ON record (id) WHERE length(id) <> 26;
DROP INDEX CONCURRENTLY IF EXISTS record_drawn;
