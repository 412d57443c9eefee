-- +goose Up

-- Those who died, object or were vaccinated between the choice of whom to write to and the printing are left out of a batch: left_numbers are the
-- letters of the last part that were, as JSON. With its numbers, as it was chosen and not printed, the trigger takes these letters away.
ALTER TABLE letter_batch ADD COLUMN left_numbers TEXT NOT NULL DEFAULT '[]';

-- +goose StatementBegin
CREATE TRIGGER letter_batch_left AFTER UPDATE OF left_numbers ON letter_batch
BEGIN
    SELECT RAISE(ABORT, 'nobody is left out of a batch that is not about to be printed') WHERE OLD.state <> 'printing' OR OLD.printed_at <> 0
        OR NEW.run <> OLD.run OR NEW.part <> OLD.part OR EXISTS (SELECT 1 FROM letter_delivery WHERE run = NEW.run AND part = NEW.part);
    DELETE FROM letter WHERE run = NEW.run AND part = NEW.part AND number IN (SELECT value FROM json_each(NEW.left_numbers));
    SELECT RAISE(ABORT, 'a batch has not the letters that it counts')
        WHERE (SELECT COUNT(*) FROM letter WHERE run = NEW.run AND part = NEW.part) <> NEW.letters;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER letter_batch_left;
ALTER TABLE letter_batch DROP COLUMN left_numbers;
