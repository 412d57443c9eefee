-- +goose Up

-- Agents who signed in, as their provider named them the last time: what they did is kept under their identifier alone.
CREATE TABLE agent (
    id          TEXT   PRIMARY KEY NOT NULL CHECK (id <> ''),
    family_name TEXT   NOT NULL,
    given_name  TEXT   NOT NULL,
    seen_at     BIGINT NOT NULL
);

-- The form by which someone prepared a run, or asked for letters: sent again by the same person, it does nothing more. What was
-- asked for otherwise has none.
ALTER TABLE campaign_run ADD COLUMN request TEXT NOT NULL DEFAULT '';
ALTER TABLE letter_batch ADD COLUMN request TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX campaign_run_request ON campaign_run (prepared_by, request) WHERE request <> '';
CREATE UNIQUE INDEX letter_batch_request ON letter_batch (asked_by, run, request) WHERE request <> '';

-- +goose Down
DROP INDEX letter_batch_request;
DROP INDEX campaign_run_request;
ALTER TABLE letter_batch DROP COLUMN request;
ALTER TABLE campaign_run DROP COLUMN request;
DROP TABLE agent;
