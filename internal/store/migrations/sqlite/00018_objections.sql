-- +goose Up

-- Step 3 is an objection: number 1 what the person said, number 2 that they took it back. A check is part of a table here,
-- which is made anew; all else of it is as it was.
CREATE TABLE entry_with_objections (
    record_num   INTEGER NOT NULL REFERENCES record (num),
    signed_at    BIGINT  NOT NULL,
    step         INTEGER NOT NULL CHECK (step IN (0, 1, 2, 3)),
    sequence     INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    dose_number  INTEGER,
    series_doses INTEGER,
    vaccine_code TEXT,
    lot_number   TEXT,
    occurrence   TEXT,
    place_id     TEXT,
    content      TEXT    NOT NULL,
    PRIMARY KEY (record_num, step, sequence, number)
);

INSERT INTO entry_with_objections (record_num, signed_at, step, sequence, number, dose_number, series_doses, vaccine_code,
    lot_number, occurrence, place_id, content)
SELECT record_num, signed_at, step, sequence, number, dose_number, series_doses, vaccine_code, lot_number, occurrence,
    place_id, content
FROM entry ORDER BY rowid;

DROP TABLE entry;
ALTER TABLE entry_with_objections RENAME TO entry;

-- Until which step one may object, from a day on: 0 until eligibility is declared, 1 until the first dose.
CREATE TABLE objection_limit (
    first_day TEXT    PRIMARY KEY NOT NULL,
    step      INTEGER NOT NULL CHECK (step IN (0, 1))
);

-- +goose Down
DROP TABLE objection_limit;
UPDATE patient SET objects = false WHERE objects;
DELETE FROM entry WHERE step = 3;
