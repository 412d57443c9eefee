-- +goose Up

-- Agents who signed in, as their provider named them the last time: what they did is kept under their identifier alone.
CREATE TABLE agent (
    id          TEXT COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    family_name TEXT COLLATE "C" NOT NULL,
    given_name  TEXT COLLATE "C" NOT NULL,
    seen_at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE agent;
