-- +goose Up

-- Leaves of the tree over the access log, one for each entry, numbered after it was committed. They stay when the
-- entry goes. A row is a run of up to 256 that follow one another from a position on: their hashes, and of which
-- entries they are: the turn of each (the transaction that wrote it), its number and its moment, as what they differ by
-- from those before. Hashes of more than a few leaves are kept aside, uncompressed, so that places are read without them.
CREATE TABLE log_run (
    position BIGINT PRIMARY KEY CHECK (position >= 0),
    places   BYTEA  NOT NULL,
    hashes   BYTEA  NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0)
);

ALTER TABLE log_run ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Hashes of whole subtrees of 256 leaves and more, by the position after their last leaf: derived from
-- the leaves, so that a proof reads few rows.
CREATE TABLE log_node (
    ends  BIGINT  NOT NULL,
    level INTEGER NOT NULL CHECK (level >= 8),
    hash  BYTEA   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (ends, level)
);

-- How far numbering has come: the size of the tree, the hashes of its largest whole subtrees, and the row
-- that was numbered last. held_by numbers until held_until, so that other servers spare themselves the trouble.
-- turn_base is added to a transaction of this database to make its turn: 0, unless the log was carried here from another.
CREATE TABLE log_state (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    size       BIGINT NOT NULL,
    roots      BYTEA  NOT NULL,
    turn       BIGINT NOT NULL,
    num        BIGINT NOT NULL,
    held_by    TEXT COLLATE "C" NOT NULL,
    held_until BIGINT NOT NULL,
    turn_base  BIGINT NOT NULL DEFAULT 0
);

INSERT INTO log_state (one, size, roots, turn, num, held_by, held_until) VALUES (1, 0, '', 0, 0, '', 0);

-- Signed heads of the tree.
CREATE TABLE log_head (
    number BIGINT PRIMARY KEY CHECK (number > 0),
    size   BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    note   TEXT COLLATE "C" NOT NULL
);

-- How far heads were sent to an address.
CREATE TABLE log_post (
    address TEXT COLLATE "C" PRIMARY KEY,
    number  BIGINT NOT NULL
);

-- Entries removed for their age: those before a moment that were not removed already.
CREATE TABLE log_retirement (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    before BIGINT  NOT NULL,
    count  BIGINT  NOT NULL,
    root   BYTEA   NOT NULL CHECK (length(root) = 32)
);

CREATE TRIGGER log_run_not_changed BEFORE UPDATE OR DELETE ON log_run
    FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER log_head_not_changed BEFORE UPDATE OR DELETE ON log_head
    FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON log_run, log_node, log_head, log_retirement FROM CURRENT_USER;

-- +goose Down
DROP TABLE log_retirement;
DROP TABLE log_post;
DROP TABLE log_head;
DROP TABLE log_state;
DROP TABLE log_node;
DROP TABLE log_run;
