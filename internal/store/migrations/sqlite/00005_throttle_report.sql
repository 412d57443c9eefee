-- +goose Up

-- What is remembered of someone's tries at a door: one row each, which every try replaces.
CREATE TABLE throttle (
    key         TEXT    PRIMARY KEY,
    version     BIGINT  NOT NULL,
    last_change BIGINT  NOT NULL,
    pace        INTEGER NOT NULL,
    pace_at     BIGINT  NOT NULL,
    misses      INTEGER NOT NULL,
    misses_at   BIGINT,
    until       BIGINT,
    blocks      INTEGER NOT NULL
);

CREATE INDEX throttle_pace_at ON throttle (pace_at);

-- What those who oversee the service are told of an account. It holds no identity of a patient.
CREATE TABLE report (
    num               INTEGER PRIMARY KEY,
    id                TEXT    NOT NULL UNIQUE,
    last_change       BIGINT  NOT NULL,
    kind              TEXT    NOT NULL,
    at                BIGINT  NOT NULL,
    about_id          TEXT    NOT NULL,
    about_profession  TEXT    NOT NULL,
    about_civility    TEXT    NOT NULL,
    about_family_name TEXT    NOT NULL,
    about_given_name  TEXT    NOT NULL,
    role              TEXT    NOT NULL,
    door              TEXT    NOT NULL,
    place_id          TEXT    NOT NULL,
    place_name        TEXT    NOT NULL,
    action            TEXT    NOT NULL,
    record_id         TEXT    NOT NULL,
    version           INTEGER NOT NULL,
    act_at            BIGINT,
    note              TEXT    NOT NULL,
    closed_at         BIGINT,
    closed_by         TEXT    NOT NULL,
    outcome           TEXT    NOT NULL
);

CREATE INDEX report_open ON report (at) WHERE closed_at IS NULL;
CREATE INDEX report_closed ON report (at) WHERE closed_at IS NOT NULL;

-- An act is reported once.
CREATE UNIQUE INDEX report_act ON report (record_id, about_id, action, version, act_at) WHERE record_id <> '';

-- +goose Down
DROP TABLE report;
DROP TABLE throttle;
