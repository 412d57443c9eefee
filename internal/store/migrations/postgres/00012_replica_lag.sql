-- +goose Up

-- What the running service may know of the replicas: how late each is, and no more. The views of the server are
-- closed to it; pg_monitor would show it what every other session does. The function has its owner's eyes: who
-- owns the tables and is no superuser needs pg_read_all_stats for it to tell anything.
-- +goose StatementBegin
CREATE FUNCTION replica_lag() RETURNS TABLE (name TEXT, lag_bytes BIGINT, lag_seconds DOUBLE PRECISION, synchronous BOOLEAN)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT application_name, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::BIGINT,
        COALESCE(extract(epoch FROM replay_lag), 0)::DOUBLE PRECISION, sync_state IN ('sync', 'quorum')
    FROM pg_stat_replication
    WHERE NOT pg_is_in_recovery() AND state IN ('streaming', 'catchup') AND replay_lsn IS NOT NULL
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION replica_lag FROM PUBLIC;

-- +goose Down
DROP FUNCTION replica_lag;
