-- +goose Up

-- Campaigns as they were written, a row a version: nothing is overwritten. content is the campaign as JSON.
CREATE TABLE campaign (
    id       TEXT COLLATE "C" NOT NULL CHECK (id <> ''),
    version  INTEGER NOT NULL CHECK (version > 0),
    content  TEXT COLLATE "C" NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (id, version)
);

-- Runs of a campaign over the population. content is the campaign as it was when the run was prepared, counts what
-- the preview found, as JSON. A run goes through numbers of records up to highest.
CREATE TABLE campaign_run (
    number      INTEGER PRIMARY KEY CHECK (number > 0),
    campaign    TEXT COLLATE "C" NOT NULL,
    content     TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('counting', 'prepared', 'approved', 'running', 'done', 'dropped')),
    counts      TEXT COLLATE "C" NOT NULL DEFAULT '',
    prepared_by TEXT COLLATE "C" NOT NULL,
    prepared_at BIGINT NOT NULL,
    approved_by TEXT COLLATE "C" NOT NULL DEFAULT '',
    approved_at BIGINT NOT NULL DEFAULT 0,
    started_at  BIGINT NOT NULL DEFAULT 0,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    highest     BIGINT NOT NULL DEFAULT 0,
    targeted    BIGINT NOT NULL DEFAULT 0,
    CHECK (approved_by <> prepared_by)
);

-- The parts of a run that are done, by the number of a record after which each begins.
CREATE TABLE campaign_part (
    run      INTEGER NOT NULL,
    after    BIGINT NOT NULL,
    targeted BIGINT NOT NULL,
    PRIMARY KEY (run, after)
);

-- Codes that runs gave. A large run has a partition, filled beside, given its indexes once it is whole, and attached:
-- all of its codes come into force at once. The small ones are in target_rest. That no code is in two partitions, and
-- no person, sees the run to that fills one (target.go).
CREATE TABLE target (
    record_num BIGINT NOT NULL,
    code       BIGINT NOT NULL CHECK (code > 0),
    run        INTEGER NOT NULL,
    PRIMARY KEY (record_num, run),
    UNIQUE (code, run)
) PARTITION BY LIST (run);

CREATE TABLE target_rest PARTITION OF target DEFAULT;
CREATE UNIQUE INDEX target_rest_code ON target_rest (code);
CREATE UNIQUE INDEX target_rest_record ON target_rest (record_num);

-- What follows makes the table of a run, gives it its indexes, and attaches it or puts its rows with those of the small
-- ones; the service may call it, and make no table otherwise.
-- +goose StatementBegin
CREATE FUNCTION target_open(number INTEGER) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    -- Whoever opened it again would be given the rights to change codes that are in force.
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('target_run_%s', number))) THEN
        RAISE EXCEPTION 'the codes of this run are in force';
    END IF;
    EXECUTE format('CREATE TABLE IF NOT EXISTS target_run_%s (record_num BIGINT NOT NULL, code BIGINT NOT NULL,'
        ' run INTEGER NOT NULL, CONSTRAINT target_code_check CHECK (code > 0), CONSTRAINT target_run_%s_of CHECK (run = %s))', number, number, number);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'vaccin_service') THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON target_run_%s TO vaccin_service', number);
    END IF;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION target_index(number INTEGER) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF to_regclass(format('target_run_%s_code', number)) IS NULL THEN
        EXECUTE format('ALTER TABLE target_run_%s ADD CONSTRAINT target_run_%s_code UNIQUE (code, run)', number, number);
    END IF;
    IF to_regclass(format('target_run_%s_record', number)) IS NULL THEN
        EXECUTE format('ALTER TABLE target_run_%s ADD CONSTRAINT target_run_%s_record PRIMARY KEY (record_num, run)', number, number);
    END IF;
    EXECUTE format('ANALYZE target_run_%s', number);
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION target_attach(number INTEGER) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE target ATTACH PARTITION target_run_%s FOR VALUES IN (%s)', number, number);
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION target_settle(number INTEGER) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('target_run_%s', number))) THEN
        RAISE EXCEPTION 'the codes of this run are in force';
    END IF;
    EXECUTE format('INSERT INTO target_rest (record_num, code, run) SELECT record_num, code, run FROM target_run_%s ORDER BY code', number);
    EXECUTE format('DROP TABLE target_run_%s', number);
END
$$;
-- +goose StatementEnd

-- Once a run is done, its codes stay as they are.
-- +goose StatementBegin
CREATE FUNCTION target_end(number INTEGER) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'vaccin_service') THEN
        EXECUTE format('REVOKE ALL ON target_run_%s FROM vaccin_service', number);
    END IF;
END
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION target_open, target_index, target_attach, target_end, target_settle FROM PUBLIC;

-- +goose Down
DROP FUNCTION target_open, target_index, target_attach, target_end, target_settle;
DROP TABLE target;
DROP TABLE campaign_part;
DROP TABLE campaign_run;
DROP TABLE campaign;
