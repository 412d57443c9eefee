-- +goose Up

-- Those who died, object or were vaccinated between the choice of whom to write to and the printing are left out of a batch: left_numbers are the
-- letters of the last part that were, as JSON. With its numbers, as it was chosen and not printed, the trigger takes these letters away.
ALTER TABLE letter_batch ADD COLUMN left_numbers TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- The service takes no letter away; this does, so that whom it was for may be in another batch.
-- +goose StatementBegin
CREATE FUNCTION letter_batch_left() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'printing' OR OLD.printed_at <> 0 OR NEW.run <> OLD.run OR NEW.part <> OLD.part
        OR EXISTS (SELECT FROM letter_delivery WHERE run = NEW.run AND part = NEW.part) THEN
        RAISE EXCEPTION 'nobody is left out of a batch that is not about to be printed';
    END IF;
    DELETE FROM letter WHERE run = NEW.run AND part = NEW.part
        AND number IN (SELECT value::INTEGER FROM jsonb_array_elements_text(NEW.left_numbers::JSONB));
    IF (SELECT COUNT(*) FROM letter WHERE run = NEW.run AND part = NEW.part) <> NEW.letters THEN
        RAISE EXCEPTION 'a batch has not the letters that it counts';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION letter_batch_left FROM PUBLIC;
CREATE TRIGGER letter_batch_left AFTER UPDATE OF left_numbers ON letter_batch FOR EACH ROW EXECUTE FUNCTION letter_batch_left();

-- +goose Down
DROP TRIGGER letter_batch_left ON letter_batch;
DROP FUNCTION letter_batch_left;
ALTER TABLE letter_batch DROP COLUMN left_numbers;
