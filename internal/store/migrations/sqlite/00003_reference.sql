-- +goose Up

-- position keeps the order in which rows came.
CREATE TABLE vaccine (
    code          TEXT    PRIMARY KEY,
    holder        TEXT    NOT NULL,
    eu_product    TEXT    NOT NULL,
    vacsi_code    INTEGER NOT NULL,
    authorised_on TEXT    NOT NULL,
    doses         INTEGER NOT NULL CHECK (doses > 0),
    minimum_age   INTEGER NOT NULL,
    position      INTEGER NOT NULL
);

CREATE TABLE vaccine_name (
    vaccine_code TEXT    NOT NULL REFERENCES vaccine (code),
    position     INTEGER NOT NULL,
    first_day    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    PRIMARY KEY (vaccine_code, position)
);

CREATE TABLE schedule (
    vaccine_code   TEXT    NOT NULL,
    first_day      TEXT    NOT NULL,
    last_day       TEXT,
    minimum        INTEGER NOT NULL,
    recommended    INTEGER NOT NULL,
    maximum        INTEGER NOT NULL,
    covers_earlier BOOLEAN NOT NULL,
    PRIMARY KEY (vaccine_code, first_day)
);

CREATE TABLE injection_site (
    code     TEXT    PRIMARY KEY,
    label    TEXT    NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE place_type (
    code     TEXT    PRIMARY KEY,
    label    TEXT    NOT NULL,
    listed   BOOLEAN NOT NULL,
    practice BOOLEAN NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE activity (
    code     TEXT    PRIMARY KEY,
    label    TEXT    NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE profession_opening (
    profession TEXT NOT NULL,
    first_day  TEXT NOT NULL,
    last_day   TEXT,
    PRIMARY KEY (profession, first_day)
);

-- The two columns of the key are the label, folded.
CREATE TABLE locality (
    postal_code  TEXT NOT NULL,
    folded_name  TEXT NOT NULL,
    name         TEXT NOT NULL,
    commune_code TEXT NOT NULL,
    PRIMARY KEY (postal_code, folded_name)
) WITHOUT ROWID;

-- What a suggestion is found by: a prefix of term is a range of this table, which holds the order of
-- the answer too. at_start tells whether the term starts where the name or the label does.
CREATE TABLE locality_term (
    term        TEXT    NOT NULL,
    postal_code TEXT    NOT NULL,
    folded_name TEXT    NOT NULL,
    at_start    BOOLEAN NOT NULL,
    PRIMARY KEY (term, postal_code, folded_name)
) WITHOUT ROWID;

CREATE TABLE vaccination_place (
    id           TEXT PRIMARY KEY,
    type         TEXT NOT NULL,
    name         TEXT NOT NULL,
    address      TEXT NOT NULL,
    postal_code  TEXT NOT NULL,
    locality     TEXT NOT NULL,
    closed       TEXT,
    label        TEXT NOT NULL,
    folded_label TEXT NOT NULL
);

CREATE INDEX vaccination_place_label ON vaccination_place (type, folded_label);

CREATE TABLE vaccination_place_term (
    type        TEXT NOT NULL,
    term        TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    place_id    TEXT NOT NULL REFERENCES vaccination_place (id),
    closed      TEXT,
    at_start    BOOLEAN NOT NULL,
    PRIMARY KEY (type, term, postal_code, folded_name, place_id)
) WITHOUT ROWID;

CREATE INDEX vaccination_place_term_place ON vaccination_place_term (place_id);

CREATE TABLE lot (
    vaccine_code TEXT NOT NULL,
    number       TEXT NOT NULL,
    PRIMARY KEY (vaccine_code, number)
) WITHOUT ROWID;

CREATE INDEX lot_number ON lot (number);

CREATE TABLE practice_place (
    national_id TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    postal_code TEXT    NOT NULL,
    locality    TEXT    NOT NULL,
    previous_id TEXT    NOT NULL,
    am_number   TEXT    NOT NULL,
    PRIMARY KEY (national_id, id)
);

-- +goose Down
DROP TABLE practice_place;
DROP TABLE lot;
DROP TABLE vaccination_place_term;
DROP TABLE vaccination_place;
DROP TABLE locality_term;
DROP TABLE locality;
DROP TABLE profession_opening;
DROP TABLE activity;
DROP TABLE place_type;
DROP TABLE injection_site;
DROP TABLE schedule;
DROP TABLE vaccine_name;
DROP TABLE vaccine;
