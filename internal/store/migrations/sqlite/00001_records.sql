-- +goose Up

-- What finds a record, and nothing wider: a search by code or NIR reads this table alone, so that it
-- stays as quick over tens of millions of persons. holder_key and own_key are what a NIR is looked up by.
CREATE TABLE record (
    num         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    version     INTEGER NOT NULL CHECK (version > 0),
    last_change BIGINT  NOT NULL,
    code        BIGINT  UNIQUE CHECK (code > 0),
    holder_key  BLOB    NOT NULL,
    birth_date  TEXT    NOT NULL CHECK (length(birth_date) = 8),
    birth_rank  INTEGER NOT NULL,
    own_key     BLOB,
    UNIQUE (holder_key, birth_date, birth_rank)
);

CREATE INDEX record_own_key ON record (own_key) WHERE own_key IS NOT NULL;

CREATE TABLE patient (
    record_num   INTEGER PRIMARY KEY REFERENCES record (num),
    holder       BLOB    NOT NULL,
    own          BLOB,
    birth_name   TEXT    NOT NULL,
    used_name    TEXT    NOT NULL,
    given_names  TEXT    NOT NULL,
    sex          TEXT    NOT NULL CHECK (sex IN ('F', 'M')),
    address      TEXT    NOT NULL,
    postal_code  TEXT    NOT NULL,
    locality     TEXT    NOT NULL,
    commune_code TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    manual       BOOLEAN NOT NULL
);

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

-- +goose Down
DROP TABLE annulment;
DROP TABLE dose;
DROP TABLE eligibility;
DROP TABLE patient;
DROP TABLE record;
