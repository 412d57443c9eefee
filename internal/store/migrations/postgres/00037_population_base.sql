-- +goose Up

-- The number of the last record before a first import: that of a row that it loads is this and its line (ADR 33).
ALTER TABLE population_import ADD COLUMN base BIGINT NOT NULL DEFAULT 0;

-- Nothing has read or written it since suspects wait in tables of their own, and the version before gives no rights to it any more.
DROP TABLE population_suspect;

-- +goose Down
CREATE TABLE population_suspect (
    num        BIGINT NOT NULL,
    holder_key BYTEA NOT NULL,
    own_key    BYTEA,
    birth_date TEXT COLLATE "C" NOT NULL,
    birth_rank INTEGER NOT NULL
);
ALTER TABLE population_import DROP COLUMN base;
