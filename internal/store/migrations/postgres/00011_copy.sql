-- +goose Up

-- How far the copy of another store into this one has come: a row for each table while there is a copy. moment is
-- what the other store was at when it began; while a table is not checked, nobody may serve.
CREATE TABLE copied_table (
    name    TEXT COLLATE "C" PRIMARY KEY,
    moment  TEXT COLLATE "C" NOT NULL,
    rows    BIGINT NOT NULL,
    checked BOOLEAN NOT NULL
);

-- +goose Down
DROP TABLE copied_table;
