-- +goose NO TRANSACTION
-- +goose Up

-- A session is saved far more often than it is made. Its save is to touch one page and no index (a heap-only tuple),
-- and nothing beside the row: out of line, each save would write it, and later clean it away, in a table and an index
-- more. So half of each page is left free, and what fits twice on a page stays in the row; what is larger goes out of
-- line as before. No statement here stops those who read or write sessions.
ALTER TABLE session SET (toast_tuple_target = 4064, fillfactor = 50);

-- Every save moves the end of a session, and so would touch this index. What is purged every ten minutes is found by
-- reading the table through.
DROP INDEX CONCURRENTLY IF EXISTS session_expires;

-- +goose Down
CREATE INDEX CONCURRENTLY session_expires ON session (expires);
ALTER TABLE session RESET (toast_tuple_target, fillfactor);
