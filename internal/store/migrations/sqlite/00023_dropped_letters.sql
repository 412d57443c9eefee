-- +goose Up

-- A batch may be dropped until it is printed: by whom, and when. Its state is then that of one with nobody to write to, and it looked
-- at nobody: so the version before takes it for over, and goes on from where it began.
ALTER TABLE letter_batch ADD COLUMN dropped_by TEXT NOT NULL DEFAULT '';
ALTER TABLE letter_batch ADD COLUMN dropped_at BIGINT NOT NULL DEFAULT 0 CHECK (dropped_at = 0 OR state = 'empty' AND letters = 0);

-- Takes the letters of a batch away, so that whom it wrote to may be in another. What was handed over stays.
-- +goose StatementBegin
CREATE TRIGGER letter_batch_dropped AFTER UPDATE OF dropped_at ON letter_batch WHEN NEW.dropped_at <> 0 AND OLD.dropped_at = 0
BEGIN
    SELECT RAISE(ABORT, 'a batch that is over is not dropped') WHERE OLD.state NOT IN ('gathering', 'printing') OR OLD.printed_at <> 0
        OR EXISTS (SELECT 1 FROM letter_delivery WHERE run = NEW.run AND part = NEW.part);
    DELETE FROM letter WHERE run = NEW.run AND part = NEW.part;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER letter_batch_dropped;
ALTER TABLE letter_batch DROP COLUMN dropped_at;
ALTER TABLE letter_batch DROP COLUMN dropped_by;
