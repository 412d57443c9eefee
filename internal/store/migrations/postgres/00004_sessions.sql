-- +goose Up
CREATE TABLE session (
    id      TEXT COLLATE "C" PRIMARY KEY,
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
);

CREATE INDEX session_expires ON session (expires);

CREATE TABLE kept_form (
    owner   TEXT COLLATE "C" PRIMARY KEY,
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
);

CREATE INDEX kept_form_expires ON kept_form (expires);

-- +goose Down
DROP TABLE kept_form;
DROP TABLE session;
