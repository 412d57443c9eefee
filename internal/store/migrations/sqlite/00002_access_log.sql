-- +goose Up

-- The access log refers to nothing, so that it outlives what it tells of.
CREATE TABLE access_log (
    num        INTEGER PRIMARY KEY,
    at         BIGINT  NOT NULL,
    role       TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    place_id   TEXT    NOT NULL,
    place_name TEXT    NOT NULL,
    door       TEXT    NOT NULL,
    action     TEXT    NOT NULL CHECK (action <> ''),
    record_id  TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    digest     TEXT    NOT NULL
);

CREATE INDEX access_log_record ON access_log (record_id, num) WHERE record_id <> '';
CREATE INDEX access_log_actor ON access_log (actor_id, at);

-- +goose StatementBegin
CREATE TRIGGER access_log_not_updated BEFORE UPDATE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER access_log_not_deleted BEFORE DELETE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE access_log;
