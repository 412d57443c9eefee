-- +goose Up

-- Batches of letters of a run: who asked, what all letters of one say, whom it left out and why, and the digests by which
-- it is printed again to the byte. through is the number of the last record looked at; claimed is until when someone
-- works on it.
CREATE TABLE letter_batch (
    run         INTEGER NOT NULL,
    part        INTEGER NOT NULL CHECK (part > 0),
    again       INTEGER NOT NULL CHECK (again >= 0 AND again < part),
    kind        TEXT NOT NULL CHECK (kind IN ('pdf', 'csv')),
    state       TEXT NOT NULL CHECK (state IN ('gathering', 'printing', 'printed', 'empty')),
    content     TEXT NOT NULL, -- as JSON
    layout      INTEGER NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    BIGINT NOT NULL,
    claimed     BIGINT NOT NULL DEFAULT 0,
    through     BIGINT NOT NULL,
    ended       BOOLEAN NOT NULL DEFAULT 0,
    letters     INTEGER NOT NULL DEFAULT 0,
    deceased    INTEGER NOT NULL DEFAULT 0,
    objecting   INTEGER NOT NULL DEFAULT 0,
    vaccinated  INTEGER NOT NULL DEFAULT 0,
    written     INTEGER NOT NULL DEFAULT 0,
    unaddressed INTEGER NOT NULL DEFAULT 0,
    printed_at  BIGINT NOT NULL DEFAULT 0,
    digest      TEXT NOT NULL DEFAULT '',
    said_digest TEXT NOT NULL DEFAULT '',
    size        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (run, part)
);

-- One batch of a run is made at a time.
CREATE UNIQUE INDEX letter_batch_open ON letter_batch (run) WHERE state IN ('gathering', 'printing');

-- Who is in a batch, by the number of their letter. No name nor address stands here. again is 0, or the part that writes
-- to the same persons anew: without that, nobody gets two letters of a run.
CREATE TABLE letter (
    record_num BIGINT NOT NULL,
    run        INTEGER NOT NULL,
    part       INTEGER NOT NULL,
    number     INTEGER NOT NULL CHECK (number > 0),
    again      INTEGER NOT NULL,
    PRIMARY KEY (run, part, number)
);

CREATE UNIQUE INDEX letter_once ON letter (record_num, run, again);

-- When a batch was handed over, and to whom.
CREATE TABLE letter_delivery (
    run    INTEGER NOT NULL,
    part   INTEGER NOT NULL,
    nth    INTEGER NOT NULL CHECK (nth > 0),
    by_id  TEXT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (run, part, nth)
);

-- +goose Down
DROP TABLE letter_delivery;
DROP TABLE letter;
DROP TABLE letter_batch;
