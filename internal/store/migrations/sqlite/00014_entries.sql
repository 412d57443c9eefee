-- +goose Up

-- All that was declared, a row a version: nothing is overwritten. Step 0 is eligibility, 1 and 2 are doses; number 0
-- says that the entry was annulled, and it stays as it is. Dates are ISO text, times microseconds since 1970 UTC.
-- The columns of doses are what the database will be asked for by itself; all else stands whole in content, a JSON
-- array of texts that content.go writes and reads.
CREATE TABLE entry (
    record_num   INTEGER NOT NULL REFERENCES record (num),
    signed_at    BIGINT  NOT NULL,
    step         INTEGER NOT NULL CHECK (step IN (0, 1, 2)),
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

INSERT INTO entry (record_num, signed_at, step, sequence, number, content)
SELECT record_num, signed_at, 0, sequence, number,
    json_array('1', CAST(declarer_prescribes AS TEXT), prescriber_family_name, prescriber_given_name,
        prescriber_number, prescriber_structure, prescribed_on, CAST(health_professional AS TEXT), activity,
        CAST(patient_agrees AS TEXT), CAST(conditions_accepted AS TEXT), request, confirmed, reason,
        author_role, author_id, author_profession, author_civility, author_family_name, author_given_name,
        practice_id, practice_name, practice_address, practice_postal_code, practice_locality,
        practice_previous_id, practice_am_number)
FROM eligibility;

INSERT INTO entry (record_num, signed_at, step, sequence, number, dose_number, series_doses, vaccine_code, lot_number,
    occurrence, place_id, content)
SELECT record_num, signed_at, step, sequence, number, dose_number, series_doses, vaccine_code, lot_number,
    occurrence, place_id,
    json_array('1', vaccine_name, site, performer_family_name, performer_given_name, performer_number,
        place_type, place_label, place_name, place_address, place_postal_code, place_locality,
        place_commune_code, am_number, COALESCE(book_from, ''), request, confirmed, reason, author_role,
        author_id, author_profession, author_civility, author_family_name, author_given_name, practice_id,
        practice_name, practice_address, practice_postal_code, practice_locality, practice_previous_id,
        practice_am_number)
FROM dose;

INSERT INTO entry (record_num, signed_at, step, sequence, number, content)
SELECT record_num, signed_at, step, sequence, 0,
    json_array('1', reason, request, author_role, author_id, author_profession, author_civility,
        author_family_name, author_given_name, practice_id, practice_name, practice_address,
        practice_postal_code, practice_locality, practice_previous_id, practice_am_number)
FROM annulment;

DROP TABLE annulment;
DROP TABLE dose;
DROP TABLE eligibility;

-- +goose Down
-- One row a version: nothing is overwritten. Dates are ISO text, times microseconds since 1970 UTC.
CREATE TABLE eligibility (
    record_num             INTEGER NOT NULL REFERENCES record (num),
    sequence               INTEGER NOT NULL,
    number                 INTEGER NOT NULL,
    declarer_prescribes    BOOLEAN NOT NULL,
    prescriber_family_name TEXT    NOT NULL,
    prescriber_given_name  TEXT    NOT NULL,
    prescriber_number      TEXT    NOT NULL,
    prescriber_structure   TEXT    NOT NULL,
    prescribed_on          TEXT    NOT NULL,
    health_professional    BOOLEAN NOT NULL,
    activity               TEXT    NOT NULL,
    patient_agrees         BOOLEAN NOT NULL,
    conditions_accepted    BOOLEAN NOT NULL,
    request                TEXT    NOT NULL,
    confirmed              TEXT    NOT NULL,
    reason                 TEXT    NOT NULL,
    author_role            TEXT    NOT NULL,
    author_id              TEXT    NOT NULL,
    author_profession      TEXT    NOT NULL,
    author_civility        TEXT    NOT NULL,
    author_family_name     TEXT    NOT NULL,
    author_given_name      TEXT    NOT NULL,
    practice_id            TEXT    NOT NULL,
    practice_name          TEXT    NOT NULL,
    practice_address       TEXT    NOT NULL,
    practice_postal_code   TEXT    NOT NULL,
    practice_locality      TEXT    NOT NULL,
    practice_previous_id   TEXT    NOT NULL,
    practice_am_number     TEXT    NOT NULL,
    signed_at              BIGINT  NOT NULL,
    PRIMARY KEY (record_num, sequence, number)
);

CREATE TABLE dose (
    record_num            INTEGER NOT NULL REFERENCES record (num),
    step                  INTEGER NOT NULL CHECK (step IN (1, 2)),
    sequence              INTEGER NOT NULL,
    number                INTEGER NOT NULL,
    dose_number           INTEGER NOT NULL,
    series_doses          INTEGER NOT NULL,
    vaccine_code          TEXT    NOT NULL,
    vaccine_name          TEXT    NOT NULL,
    lot_number            TEXT    NOT NULL,
    site                  TEXT    NOT NULL,
    occurrence            TEXT    NOT NULL,
    performer_family_name TEXT    NOT NULL,
    performer_given_name  TEXT    NOT NULL,
    performer_number      TEXT    NOT NULL,
    place_type            TEXT    NOT NULL,
    place_id              TEXT    NOT NULL,
    place_label           TEXT    NOT NULL,
    place_name            TEXT    NOT NULL,
    place_address         TEXT    NOT NULL,
    place_postal_code     TEXT    NOT NULL,
    place_locality        TEXT    NOT NULL,
    place_commune_code    TEXT    NOT NULL,
    am_number             TEXT    NOT NULL,
    book_from             TEXT,
    request               TEXT    NOT NULL,
    confirmed             TEXT    NOT NULL,
    reason                TEXT    NOT NULL,
    author_role           TEXT    NOT NULL,
    author_id             TEXT    NOT NULL,
    author_profession     TEXT    NOT NULL,
    author_civility       TEXT    NOT NULL,
    author_family_name    TEXT    NOT NULL,
    author_given_name     TEXT    NOT NULL,
    practice_id           TEXT    NOT NULL,
    practice_name         TEXT    NOT NULL,
    practice_address      TEXT    NOT NULL,
    practice_postal_code  TEXT    NOT NULL,
    practice_locality     TEXT    NOT NULL,
    practice_previous_id  TEXT    NOT NULL,
    practice_am_number    TEXT    NOT NULL,
    signed_at             BIGINT  NOT NULL,
    PRIMARY KEY (record_num, step, sequence, number)
);

-- An annulled entry stays as it is; that it was entered in error is said apart. Step 0 is eligibility.
CREATE TABLE annulment (
    record_num           INTEGER NOT NULL REFERENCES record (num),
    step                 INTEGER NOT NULL CHECK (step IN (0, 1, 2)),
    sequence             INTEGER NOT NULL,
    reason               TEXT    NOT NULL,
    request              TEXT    NOT NULL,
    author_role          TEXT    NOT NULL,
    author_id            TEXT    NOT NULL,
    author_profession    TEXT    NOT NULL,
    author_civility      TEXT    NOT NULL,
    author_family_name   TEXT    NOT NULL,
    author_given_name    TEXT    NOT NULL,
    practice_id          TEXT    NOT NULL,
    practice_name        TEXT    NOT NULL,
    practice_address     TEXT    NOT NULL,
    practice_postal_code TEXT    NOT NULL,
    practice_locality    TEXT    NOT NULL,
    practice_previous_id TEXT    NOT NULL,
    practice_am_number   TEXT    NOT NULL,
    signed_at            BIGINT  NOT NULL,
    PRIMARY KEY (record_num, step, sequence)
);

INSERT INTO eligibility (record_num, sequence, number, declarer_prescribes, prescriber_family_name,
    prescriber_given_name, prescriber_number, prescriber_structure, prescribed_on, health_professional,
    activity, patient_agrees, conditions_accepted, request, confirmed, reason, author_role, author_id,
    author_profession, author_civility, author_family_name, author_given_name, practice_id, practice_name,
    practice_address, practice_postal_code, practice_locality, practice_previous_id, practice_am_number,
    signed_at)
SELECT record_num, sequence, number, CAST(content ->> 1 AS INTEGER), content ->> 2, content ->> 3, content ->>
    4, content ->> 5, content ->> 6, CAST(content ->> 7 AS INTEGER), content ->> 8, CAST(content ->> 9 AS
    INTEGER), CAST(content ->> 10 AS INTEGER), content ->> 11, content ->> 12, content ->> 13, content ->> 14,
    content ->> 15, content ->> 16, content ->> 17, content ->> 18, content ->> 19, content ->> 20, content ->>
    21, content ->> 22, content ->> 23, content ->> 24, content ->> 25, content ->> 26, signed_at
FROM entry WHERE step = 0 AND number > 0;

INSERT INTO dose (record_num, step, sequence, number, dose_number, series_doses, vaccine_code, lot_number,
    occurrence, place_id, vaccine_name, site, performer_family_name, performer_given_name, performer_number,
    place_type, place_label, place_name, place_address, place_postal_code, place_locality, place_commune_code,
    am_number, book_from, request, confirmed, reason, author_role, author_id, author_profession,
    author_civility, author_family_name, author_given_name, practice_id, practice_name, practice_address,
    practice_postal_code, practice_locality, practice_previous_id, practice_am_number, signed_at)
SELECT record_num, step, sequence, number, dose_number, series_doses, vaccine_code, lot_number, occurrence,
    place_id, content ->> 1, content ->> 2, content ->> 3, content ->> 4, content ->> 5, content ->> 6, content
    ->> 7, content ->> 8, content ->> 9, content ->> 10, content ->> 11, content ->> 12, content ->> 13,
    NULLIF(content ->> 14, ''), content ->> 15, content ->> 16, content ->> 17, content ->> 18, content ->> 19,
    content ->> 20, content ->> 21, content ->> 22, content ->> 23, content ->> 24, content ->> 25, content ->>
    26, content ->> 27, content ->> 28, content ->> 29, content ->> 30, signed_at
FROM entry WHERE step > 0 AND number > 0;

INSERT INTO annulment (record_num, step, sequence, reason, request, author_role, author_id, author_profession,
    author_civility, author_family_name, author_given_name, practice_id, practice_name, practice_address,
    practice_postal_code, practice_locality, practice_previous_id, practice_am_number, signed_at)
SELECT record_num, step, sequence, content ->> 1, content ->> 2, content ->> 3, content ->> 4, content ->> 5,
    content ->> 6, content ->> 7, content ->> 8, content ->> 9, content ->> 10, content ->> 11, content ->> 12,
    content ->> 13, content ->> 14, content ->> 15, signed_at
FROM entry WHERE number = 0;

DROP TABLE entry;
