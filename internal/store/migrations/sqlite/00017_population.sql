-- +goose Up

-- What was last imported of a person, as 8 bytes of a keyed digest; 0 where nothing was, or the key has changed since: by
-- it a row that says nothing new is known (ADR 33).
ALTER TABLE patient ADD COLUMN told BIGINT NOT NULL DEFAULT 0;

-- Imports of files of insured persons.
CREATE TABLE population_import (
    number    INTEGER PRIMARY KEY CHECK (number > 0),
    digest    TEXT NOT NULL,
    parts     INTEGER NOT NULL,
    part_size BIGINT NOT NULL,
    first     BOOLEAN NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('rows', 'indexes', 'finished', 'dropped')),
    began     BIGINT NOT NULL,
    finished  BIGINT NOT NULL DEFAULT 0
);

-- The parts that are imported, each written in the transaction of its rows.
CREATE TABLE population_part (
    import    INTEGER NOT NULL,
    part      INTEGER NOT NULL,
    created   BIGINT NOT NULL,
    updated   BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    PRIMARY KEY (import, part)
);

CREATE TABLE population_duplicate (
    import  INTEGER NOT NULL,
    line    BIGINT NOT NULL,
    of_line BIGINT NOT NULL,
    own     BOOLEAN NOT NULL,
    PRIMARY KEY (import, line)
);

-- Which line of the file that is being imported counts for a record.
CREATE TABLE population_seen (
    num  BIGINT PRIMARY KEY,
    line BIGINT NOT NULL
);

-- Pairs of records that may be of one person.
CREATE TABLE doubtful_match (
    record_num BIGINT NOT NULL,
    other_num  BIGINT NOT NULL,
    reason     TEXT NOT NULL CHECK (reason IN ('own-number', 'rank', 'birth', 'typed', 'elsewhere')),
    at         BIGINT NOT NULL,
    PRIMARY KEY (record_num, other_num, reason)
);

-- +goose Down
DROP TABLE doubtful_match;
DROP TABLE population_seen;
DROP TABLE population_duplicate;
DROP TABLE population_part;
DROP TABLE population_import;
ALTER TABLE patient DROP COLUMN told;
