-- +goose NO TRANSACTION
-- +goose Up

-- Indexes of identifiers that no version looks records up by any more: record_drawn (00032) has those that do not tell the number of their
-- record, and the primary key the others. Where persons were entered by hand before a first import they had stayed, and each newcomer paid
-- for them.
--
-- Who waits for the table to themselves keeps everybody waiting: a little, and then the others come first.
-- +goose StatementBegin
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '1s', true);
    FOR try IN 1..20 LOOP
        BEGIN
            ALTER TABLE record DROP CONSTRAINT IF EXISTS record_id_key;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            IF try = 20 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
END $$;
-- +goose StatementEnd
-- Of a first import that an earlier version began there may be the index alone.
DROP INDEX CONCURRENTLY IF EXISTS record_id_key;
DROP INDEX CONCURRENTLY IF EXISTS record_drawn_id;

-- +goose Down
-- As it was where there are persons; an index of all is no harm where there is none.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'record'::regclass AND conname = 'record_id_key') THEN
        ALTER TABLE record ADD CONSTRAINT record_id_key UNIQUE (id);
    END IF;
END $$;
-- +goose StatementEnd
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS record_drawn_id ON record (id) WHERE length(id) <> 26;
