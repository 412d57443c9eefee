-- +goose Up

-- What a small run ends with, once its codes are in force and whoever wrote meanwhile is done: who drew a code of their own keeps
-- that, and a code that is another's is drawn again (as target.go draws), from so many.
-- +goose StatementBegin
CREATE FUNCTION target_apart(number INTEGER, space BIGINT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaign_run WHERE campaign_run.number = target_apart.number AND state = 'running') THEN
        RAISE EXCEPTION 'this run is not under way';
    END IF;
    DELETE FROM target_rest t USING record r WHERE t.run = number AND r.num = t.record_num AND r.code IS NOT NULL;
    LOOP
        UPDATE target_rest t SET code = (SELECT (('x' || translate(substr(u, 1, 13), '-', '') || substr(u, 33, 4))::bit(64)::bigint
                & 9223372036854775807) % space + 1 FROM (SELECT gen_random_uuid()::text AS u WHERE t.record_num IS NOT NULL) AS drawn)
            WHERE t.run = number AND (EXISTS (SELECT FROM record r WHERE r.code = t.code)
                OR EXISTS (SELECT FROM target o WHERE o.code = t.code AND o.run <> number));
        EXIT WHEN NOT FOUND;
    END LOOP;
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION target_apart FROM PUBLIC;

-- +goose Down
DROP FUNCTION target_apart;
