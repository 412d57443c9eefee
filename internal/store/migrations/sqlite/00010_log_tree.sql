-- +goose Up

-- Leaves of the tree over the access log, one for each entry, numbered after it was committed. They stay
-- when the entry goes. turn is for engines on which many write at once.
CREATE TABLE log_leaf (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    turn     BIGINT  NOT NULL,
    num      BIGINT  NOT NULL UNIQUE,
    at       BIGINT  NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
);

-- Hashes of whole subtrees of 256 leaves and more, by the position after their last leaf: derived from
-- the leaves, so that a proof reads few rows.
CREATE TABLE log_node (
    ends  BIGINT  NOT NULL,
    level INTEGER NOT NULL CHECK (level >= 8),
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (ends, level)
) WITHOUT ROWID;

-- How far numbering has come: the size of the tree, the hashes of its largest whole subtrees, and the row
-- that was numbered last. held_by numbers until held_until, so that other servers spare themselves the trouble.
CREATE TABLE log_state (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    size       BIGINT  NOT NULL,
    roots      BLOB    NOT NULL,
    turn       BIGINT  NOT NULL,
    num        BIGINT  NOT NULL,
    held_by    TEXT    NOT NULL,
    held_until BIGINT  NOT NULL
);

INSERT INTO log_state (one, size, roots, turn, num, held_by, held_until) VALUES (1, 0, x'', 0, 0, '', 0);

-- Signed heads of the tree.
CREATE TABLE log_head (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    size   BIGINT  NOT NULL,
    at     BIGINT  NOT NULL,
    note   TEXT    NOT NULL
);

-- How far heads were sent to an address.
CREATE TABLE log_post (
    address TEXT   PRIMARY KEY,
    number  BIGINT NOT NULL
);

-- Entries removed for their age: those before a moment that were not removed already.
CREATE TABLE log_retirement (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    before BIGINT  NOT NULL,
    count  BIGINT  NOT NULL,
    root   BLOB    NOT NULL CHECK (length(root) = 32)
);

-- +goose StatementBegin
CREATE TRIGGER log_leaf_not_updated BEFORE UPDATE ON log_leaf
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER log_leaf_not_deleted BEFORE DELETE ON log_leaf
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER log_head_not_updated BEFORE UPDATE ON log_head
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER log_head_not_deleted BEFORE DELETE ON log_head
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE log_retirement;
DROP TABLE log_post;
DROP TABLE log_head;
DROP TABLE log_state;
DROP TABLE log_node;
DROP TABLE log_leaf;
