-- +goose Up

-- A batch may be dropped until it is printed: by whom, and when. Its state is then that of one with nobody to write to, and it looked
-- at nobody: so the version before takes it for over, and goes on from where it began.
ALTER TABLE letter_batch ADD COLUMN dropped_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE letter_batch ADD COLUMN dropped_at BIGINT NOT NULL DEFAULT 0 CHECK (dropped_at = 0 OR state = 'empty' AND letters = 0);

-- The service takes no letter away; this does, so that whom the batch wrote to may be in another. What was handed over stays, whatever
-- the service says of the batch: to deliveries it can only add.
-- +goose StatementBegin
CREATE FUNCTION letter_batch_dropped() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state NOT IN ('gathering', 'printing') OR OLD.printed_at <> 0
        OR EXISTS (SELECT FROM letter_delivery WHERE run = NEW.run AND part = NEW.part) THEN
        RAISE EXCEPTION 'a batch that is over is not dropped';
    END IF;
    DELETE FROM letter WHERE run = NEW.run AND part = NEW.part;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION letter_batch_dropped FROM PUBLIC;
CREATE TRIGGER letter_batch_dropped AFTER UPDATE OF dropped_at ON letter_batch FOR EACH ROW
    WHEN (NEW.dropped_at <> 0 AND OLD.dropped_at = 0) EXECUTE FUNCTION letter_batch_dropped();

-- +goose Down
DROP TRIGGER letter_batch_dropped ON letter_batch;
DROP FUNCTION letter_batch_dropped;
ALTER TABLE letter_batch DROP COLUMN dropped_at, DROP COLUMN dropped_by;
