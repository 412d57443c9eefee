-- +goose Up

-- Leaves of the tree over the access log in runs: a row for up to 256 that follow one another from a position on. Their
-- hashes, and of which entries they are: the turn of each (for engines on which many write at once), its number and its
-- moment, as what they differ by from those before.
CREATE TABLE log_run (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    places   BLOB NOT NULL,
    hashes   BLOB NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0)
);

-- The leaves that there are. A difference d is written as 2d, or -2d-1 below zero, seven bits to a byte from the lowest
-- on, with the eighth bit set in all bytes but the last; here always in eight bytes, which readers take too.
INSERT INTO log_run (position, places, hashes)
WITH stretch AS (
    SELECT position, num, at, hash, position - row_number() OVER (ORDER BY position) AS gap FROM log_leaf
), step AS (
    SELECT position, hash, gap, num - lag(num, 1, 0) OVER one AS num, at - lag(at, 1, 0) OVER one AS at
    FROM stretch WINDOW one AS (PARTITION BY gap, position / 256 ORDER BY position)
), folded AS (
    SELECT position, hash, gap, CASE WHEN num >= 0 THEN 2 * num ELSE -2 * num - 1 END AS num,
        CASE WHEN at >= 0 THEN 2 * at ELSE -2 * at - 1 END AS at
    FROM step
)
SELECT min(position),
    unhex(group_concat('00'
        || printf('%02x%02x%02x%02x%02x%02x%02x%02x',
            num & 127 | 128, num >> 7 & 127 | 128, num >> 14 & 127 | 128, num >> 21 & 127 | 128, num >> 28 & 127 | 128, num >> 35 & 127 | 128, num >> 42 & 127 | 128, num >> 49 & 127)
        || printf('%02x%02x%02x%02x%02x%02x%02x%02x',
            at & 127 | 128, at >> 7 & 127 | 128, at >> 14 & 127 | 128, at >> 21 & 127 | 128, at >> 28 & 127 | 128, at >> 35 & 127 | 128, at >> 42 & 127 | 128, at >> 49 & 127), '' ORDER BY position)),
    unhex(group_concat(hex(hash), '' ORDER BY position))
FROM folded GROUP BY gap, position / 256;

DROP TABLE log_leaf;

ALTER TABLE log_state ADD COLUMN turn_base BIGINT NOT NULL DEFAULT 0;

-- +goose StatementBegin
CREATE TRIGGER log_run_not_updated BEFORE UPDATE ON log_run
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER log_run_not_deleted BEFORE DELETE ON log_run
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose Down

-- Numbering begins anew and makes the same leaves, unless entries were retired.
DROP TABLE log_run;
CREATE TABLE log_leaf (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    turn     BIGINT  NOT NULL,
    num      BIGINT  NOT NULL UNIQUE,
    at       BIGINT  NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
);
DELETE FROM log_node;
UPDATE log_state SET size = 0, roots = x'', turn = 0, num = 0;
ALTER TABLE log_state DROP COLUMN turn_base;
