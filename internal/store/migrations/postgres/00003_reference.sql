-- +goose Up

-- position keeps the order in which rows came.
CREATE TABLE vaccine (
    code          TEXT COLLATE "C" PRIMARY KEY,
    holder        TEXT COLLATE "C" NOT NULL,
    eu_product    TEXT COLLATE "C" NOT NULL,
    vacsi_code    INTEGER NOT NULL,
    authorised_on TEXT COLLATE "C" NOT NULL,
    doses         INTEGER NOT NULL CHECK (doses > 0),
    minimum_age   INTEGER NOT NULL,
    position      INTEGER NOT NULL
);

CREATE TABLE vaccine_name (
    vaccine_code TEXT COLLATE "C" NOT NULL REFERENCES vaccine (code),
    position     INTEGER NOT NULL,
    first_day    TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (vaccine_code, position)
);

CREATE TABLE schedule (
    vaccine_code   TEXT COLLATE "C" NOT NULL,
    first_day      TEXT COLLATE "C" NOT NULL,
    last_day       TEXT COLLATE "C",
    minimum        INTEGER NOT NULL,
    recommended    INTEGER NOT NULL,
    maximum        INTEGER NOT NULL,
    covers_earlier BOOLEAN NOT NULL,
    PRIMARY KEY (vaccine_code, first_day)
);

CREATE TABLE injection_site (
    code     TEXT COLLATE "C" PRIMARY KEY,
    label    TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE place_type (
    code     TEXT COLLATE "C" PRIMARY KEY,
    label    TEXT COLLATE "C" NOT NULL,
    listed   BOOLEAN NOT NULL,
    practice BOOLEAN NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE activity (
    code     TEXT COLLATE "C" PRIMARY KEY,
    label    TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL
);

CREATE TABLE profession_opening (
    profession TEXT COLLATE "C" NOT NULL,
    first_day  TEXT COLLATE "C" NOT NULL,
    last_day   TEXT COLLATE "C",
    PRIMARY KEY (profession, first_day)
);

-- The two columns of the key are the label, folded.
CREATE TABLE locality (
    postal_code  TEXT COLLATE "C" NOT NULL,
    folded_name  TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    commune_code TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (postal_code, folded_name)
);

-- What a suggestion is found by: a prefix of term is a range of this table, which holds the order of
-- the answer too. at_start tells whether the term starts where the name or the label does.
CREATE TABLE locality_term (
    term        TEXT COLLATE "C" NOT NULL,
    postal_code TEXT COLLATE "C" NOT NULL,
    folded_name TEXT COLLATE "C" NOT NULL,
    at_start    BOOLEAN NOT NULL,
    PRIMARY KEY (term, postal_code, folded_name)
);

CREATE TABLE vaccination_place (
    id           TEXT COLLATE "C" PRIMARY KEY,
    type         TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    postal_code  TEXT COLLATE "C" NOT NULL,
    locality     TEXT COLLATE "C" NOT NULL,
    closed       TEXT COLLATE "C",
    label        TEXT COLLATE "C" NOT NULL,
    folded_label TEXT COLLATE "C" NOT NULL
);

CREATE INDEX vaccination_place_label ON vaccination_place (type, folded_label);

CREATE TABLE vaccination_place_term (
    type        TEXT COLLATE "C" NOT NULL,
    term        TEXT COLLATE "C" NOT NULL,
    postal_code TEXT COLLATE "C" NOT NULL,
    folded_name TEXT COLLATE "C" NOT NULL,
    place_id    TEXT COLLATE "C" NOT NULL REFERENCES vaccination_place (id),
    closed      TEXT COLLATE "C",
    at_start    BOOLEAN NOT NULL,
    PRIMARY KEY (type, term, postal_code, folded_name, place_id)
);

CREATE INDEX vaccination_place_term_place ON vaccination_place_term (place_id);

CREATE TABLE lot (
    vaccine_code TEXT COLLATE "C" NOT NULL,
    number       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (vaccine_code, number)
);

CREATE INDEX lot_number ON lot (number);

CREATE TABLE practice_place (
    national_id TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    position    INTEGER NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    address     TEXT COLLATE "C" NOT NULL,
    postal_code TEXT COLLATE "C" NOT NULL,
    locality    TEXT COLLATE "C" NOT NULL,
    previous_id TEXT COLLATE "C" NOT NULL,
    am_number   TEXT COLLATE "C" NOT NULL,
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
