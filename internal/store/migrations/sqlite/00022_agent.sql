-- +goose Up

-- Agents who signed in, as their provider named them the last time: what they did is kept under their identifier alone.
CREATE TABLE agent (
    id          TEXT   PRIMARY KEY NOT NULL CHECK (id <> ''),
    family_name TEXT   NOT NULL,
    given_name  TEXT   NOT NULL,
    seen_at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE agent;
