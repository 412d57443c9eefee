-- +goose Up

-- Most persons are holders, whom the index of the natural key finds by the number that is their own, too. record_own has the others
-- alone.
DROP INDEX record_own_key;
CREATE INDEX record_own ON record (own_key) WHERE own_key <> holder_key;

-- +goose Down
DROP INDEX record_own;
CREATE INDEX record_own_key ON record (own_key) WHERE own_key IS NOT NULL;
