-- +goose Up

-- The keys under which identities are sealed and found; the keys themselves are not here, only by what they
-- are recognised. Of each kind one writes; those that read are on their way out, those retired keep their number.
CREATE TABLE identity_key (
    kind        TEXT    NOT NULL CHECK (kind IN ('seal', 'blind')),
    number      INTEGER NOT NULL CHECK (number BETWEEN 1 AND 65535),
    check_value TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('writing', 'reading', 'retired')),
    PRIMARY KEY (kind, number)
);

CREATE UNIQUE INDEX identity_key_writing ON identity_key (kind) WHERE state = 'writing';

-- holder_key and own_key are blind indexes under this key; 0 is a record of before, whose keys are NIRs.
ALTER TABLE record ADD COLUMN blind_key INTEGER NOT NULL DEFAULT 0;

-- Identities of before, in clear. Whoever opens the store with the keys brings them over, and drops the table.
ALTER TABLE patient RENAME TO patient_clear;

-- In clear stands what the database will be asked for, and tells nobody's name: all else is sealed.
CREATE TABLE patient (
    record_num   INTEGER PRIMARY KEY REFERENCES record (num),
    sealed       BLOB    NOT NULL,
    sex          TEXT    NOT NULL CHECK (sex IN ('F', 'M')),
    postal_code  TEXT    NOT NULL,
    commune_code TEXT    NOT NULL,
    manual       BOOLEAN NOT NULL
);

-- +goose Down
DROP TABLE patient;
ALTER TABLE patient_clear RENAME TO patient;
ALTER TABLE record DROP COLUMN blind_key;
DROP TABLE identity_key;
