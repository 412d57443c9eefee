-- +goose Up

-- What the service may call and change, held to what it needs: a service that was taken over must not fill the
-- database with partitions, nor take the keys of identities away from under persons.

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION access_log_months(ahead INTEGER) RETURNS INTEGER LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    month TIMESTAMP;
    made  INTEGER := 0;
    part  TEXT;
BEGIN
    IF ahead IS NULL OR ahead NOT BETWEEN 0 AND 24 THEN
        RAISE EXCEPTION 'the access log gets its months 0 to 24 ahead' USING ERRCODE = 'invalid_parameter_value';
    END IF;
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

-- The service names the keys of a store without persons. Once there is one, who owns the table adds keys (a rotation),
-- and nobody removes any. A trigger, not a function in place of the rights: the version before, which runs while this
-- lands, writes the table itself.
-- +goose StatementBegin
CREATE FUNCTION identity_key_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM patient)
        AND (TG_OP = 'DELETE' OR NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')) THEN
        RAISE EXCEPTION 'persons are sealed under the keys of identities' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER identity_key_kept BEFORE INSERT OR DELETE ON identity_key
    FOR EACH ROW EXECUTE FUNCTION identity_key_refuse();

-- +goose Down
DROP TRIGGER identity_key_kept ON identity_key;
DROP FUNCTION identity_key_refuse;
