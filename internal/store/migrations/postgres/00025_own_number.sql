-- +goose NO TRANSACTION
-- +goose Up

-- Most persons are holders, whom the index of the natural key finds by the number that is their own, too. record_own has the others
-- alone. What is left of an index that was not made to the end is taken away first.
DROP INDEX CONCURRENTLY IF EXISTS record_own;
CREATE INDEX CONCURRENTLY record_own ON record (own_key) WHERE own_key <> holder_key;

-- Where there are persons, the version before asks for the index of all numbers: there it goes with the next version.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM record) THEN
        DROP INDEX IF EXISTS record_own_key;
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
CREATE INDEX CONCURRENTLY IF NOT EXISTS record_own_key ON record (own_key) WHERE own_key IS NOT NULL;
DROP INDEX CONCURRENTLY record_own;
