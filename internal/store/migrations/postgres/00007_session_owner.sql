-- +goose Up
-- By whom a session can be ended: blind identifiers, empty where there is none (sessions made before have none
-- and end by their own time).
ALTER TABLE session ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN provider_session TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN provider_subject TEXT COLLATE "C" NOT NULL DEFAULT '';

CREATE INDEX session_owner ON session (owner) WHERE owner <> '';
CREATE INDEX session_provider_session ON session (provider_session) WHERE provider_session <> '';
CREATE INDEX session_provider_subject ON session (provider_subject) WHERE provider_subject <> '';

-- Orders of providers to end sessions, each of which serves once.
CREATE TABLE logout_order (
    id      TEXT COLLATE "C" PRIMARY KEY,
    expires BIGINT NOT NULL
);

CREATE INDEX logout_order_expires ON logout_order (expires);

-- +goose Down
DROP TABLE logout_order;
DROP INDEX session_provider_subject;
DROP INDEX session_provider_session;
DROP INDEX session_owner;
ALTER TABLE session DROP COLUMN provider_subject;
ALTER TABLE session DROP COLUMN provider_session;
ALTER TABLE session DROP COLUMN owner;
