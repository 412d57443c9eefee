-- +goose Up

-- The access log refers to nothing, so that it outlives what it tells of. A month is a partition, so that what
-- has expired goes whole; what no month was made for is in access_log_rest. num tells entries of one moment
-- apart. txid is the transaction that wrote an entry: those below the oldest that still runs are final.
CREATE SEQUENCE access_log_num AS BIGINT;

CREATE TABLE access_log (
    num        BIGINT NOT NULL DEFAULT nextval('access_log_num'),
    txid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at         BIGINT NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    place_id   TEXT COLLATE "C" NOT NULL,
    place_name TEXT COLLATE "C" NOT NULL,
    door       TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL CHECK (action <> ''),
    record_id  TEXT COLLATE "C" NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    version    INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL
) PARTITION BY RANGE (at);

ALTER SEQUENCE access_log_num OWNED BY access_log.num;

CREATE TABLE access_log_rest PARTITION OF access_log DEFAULT;

CREATE INDEX access_log_order ON access_log (txid, num);
CREATE INDEX access_log_record ON access_log (record_id, at) WHERE record_id <> '';
CREATE INDEX access_log_actor ON access_log (actor_id, at);

-- Append-only: by permission (the service is granted neither UPDATE nor DELETE, and the owner has neither unless
-- they grant it to themselves), and by these triggers for who has all permissions.
-- +goose StatementBegin
CREATE FUNCTION access_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is append-only';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER access_log_not_changed BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION access_log_refuse();
CREATE TRIGGER access_log_not_emptied BEFORE TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION access_log_refuse();

-- access_log_months makes the partitions of this month and of so many after it, and returns how many it made.
-- The service may call it, and make no table otherwise. Entries of a month for which there was no partition
-- stay in access_log_rest, and that month gets none.
-- +goose StatementBegin
CREATE FUNCTION access_log_months(ahead INTEGER) RETURNS INTEGER LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    month TIMESTAMP;
    made  INTEGER := 0;
    part  TEXT;
BEGIN
    FOR i IN 0..ahead LOOP
        month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i);
        part := 'access_log_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE %I PARTITION OF access_log FOR VALUES FROM (%s) TO (%s)', part,
                extract(epoch FROM month)::BIGINT * 1000000,
                extract(epoch FROM month + INTERVAL '1 month')::BIGINT * 1000000);
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM CURRENT_USER', part);
            made := made + 1;
        EXCEPTION WHEN check_violation OR duplicate_table THEN NULL;
        END;
    END LOOP;
    RETURN made;
END
$$;
-- +goose StatementEnd

REVOKE UPDATE, DELETE, TRUNCATE ON access_log, access_log_rest FROM CURRENT_USER;
REVOKE EXECUTE ON FUNCTION access_log_months FROM PUBLIC;

-- +goose Down
DROP FUNCTION access_log_months;
DROP TABLE access_log;
DROP FUNCTION access_log_refuse;
