-- +goose Up
-- A sign-in by card that waits, for seconds, to be taken over by the service: its code by digest, its
-- identity sealed.
CREATE TABLE handover (
    id      TEXT COLLATE "C" PRIMARY KEY,
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
);

CREATE INDEX handover_expires ON handover (expires);

-- +goose Down
DROP TABLE handover;
