-- +goose Up
CREATE TABLE portal_account (
    login       TEXT PRIMARY KEY,
    hash        TEXT NOT NULL,
    national_id TEXT NOT NULL,
    given_name  TEXT NOT NULL,
    family_name TEXT NOT NULL
);

-- +goose Down
DROP TABLE portal_account;
