-- +goose Up

-- How far those are whom a run gave a code, as it was last counted; counts is by department and age, as JSON.
CREATE TABLE follow_up (
    run        INTEGER PRIMARY KEY,
    counted_at BIGINT NOT NULL,
    counts     TEXT NOT NULL
);

-- When someone last began to count, so that one server does it for all.
CREATE TABLE follow_up_turn (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    begun_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE follow_up_turn;
DROP TABLE follow_up;
