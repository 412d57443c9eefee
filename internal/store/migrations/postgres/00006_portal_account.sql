-- +goose Up
CREATE TABLE portal_account (
    login       TEXT COLLATE "C" PRIMARY KEY,
    hash        TEXT COLLATE "C" NOT NULL,
    national_id TEXT COLLATE "C" NOT NULL,
    given_name  TEXT COLLATE "C" NOT NULL,
    family_name TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE portal_account;
