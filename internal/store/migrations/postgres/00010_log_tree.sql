-- +goose Up

-- Leaves of the tree over the access log, one for each entry, numbered after it was committed. They stay
-- when the entry goes. turn is the transaction that wrote the entry.
CREATE TABLE log_leaf (
    position BIGINT PRIMARY KEY CHECK (position >= 0),
    turn     BIGINT NOT NULL,
    num      BIGINT NOT NULL UNIQUE,
    at       BIGINT NOT NULL,
    hash     BYTEA  NOT NULL CHECK (length(hash) = 32)
);

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
CREATE TABLE log_state (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    size       BIGINT NOT NULL,
    roots      BYTEA  NOT NULL,
    turn       BIGINT NOT NULL,
    num        BIGINT NOT NULL,
    held_by    TEXT COLLATE "C" NOT NULL,
    held_until BIGINT NOT NULL
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

CREATE TRIGGER log_leaf_not_changed BEFORE UPDATE OR DELETE ON log_leaf
    FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER log_head_not_changed BEFORE UPDATE OR DELETE ON log_head
    FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON log_leaf, log_node, log_head, log_retirement FROM CURRENT_USER;

-- +goose Down
DROP TABLE log_retirement;
DROP TABLE log_post;
DROP TABLE log_head;
DROP TABLE log_state;
DROP TABLE log_node;
DROP TABLE log_leaf;
