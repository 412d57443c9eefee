-- +goose Up

-- record_drawn_id again, which 00032 took away where there was no person: the version before takes it away itself when it begins a first
-- import, and cannot where it is missing. Where there are persons it is there, or a first import took it away.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM record) THEN
        CREATE UNIQUE INDEX IF NOT EXISTS record_drawn_id ON record (id) WHERE length(id) <> 26;
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
-- As 00032 left it.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM record) THEN
        DROP INDEX IF EXISTS record_drawn_id;
    END IF;
END $$;
-- +goose StatementEnd
