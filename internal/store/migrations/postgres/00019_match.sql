-- +goose Up

-- What someone decided of a doubtful match (ADR 36), and which record went when the two were one person's.
ALTER TABLE doubtful_match ADD COLUMN decision TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (decision IN ('', 'same', 'two'));
ALTER TABLE doubtful_match ADD COLUMN decided_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE doubtful_match ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE doubtful_match ADD COLUMN gone BIGINT NOT NULL DEFAULT 0 CHECK (gone IN (0, record_num, other_num));

-- The service deletes no record; this takes away the one that goes, in which nothing was declared, and says of other
-- matches with it that they are with the one that stays.
-- +goose StatementBegin
CREATE FUNCTION match_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stays BIGINT := CASE WHEN NEW.gone = NEW.record_num THEN NEW.other_num ELSE NEW.record_num END;
BEGIN
    IF NEW.decision <> 'same' OR EXISTS (SELECT FROM entry WHERE record_num = NEW.gone) THEN
        RAISE EXCEPTION 'a record that is in use is not taken away';
    END IF;
    UPDATE doubtful_match m SET record_num = stays WHERE record_num = NEW.gone AND decision = '' AND other_num <> stays
        AND NOT EXISTS (SELECT FROM doubtful_match k WHERE k.record_num = stays AND k.other_num = m.other_num AND k.reason = m.reason);
    UPDATE doubtful_match m SET other_num = stays WHERE other_num = NEW.gone AND decision = '' AND record_num <> stays
        AND NOT EXISTS (SELECT FROM doubtful_match k WHERE k.record_num = m.record_num AND k.other_num = stays AND k.reason = m.reason);
    DELETE FROM doubtful_match WHERE decision = '' AND NEW.gone IN (record_num, other_num);
    DELETE FROM patient WHERE record_num = NEW.gone;
    DELETE FROM record WHERE num = NEW.gone;
    RETURN NULL;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION match_merged FROM PUBLIC;
CREATE TRIGGER match_merged AFTER UPDATE OF gone ON doubtful_match FOR EACH ROW WHEN (NEW.gone <> 0 AND OLD.gone = 0)
    EXECUTE FUNCTION match_merged();

-- +goose Down
DROP TRIGGER match_merged ON doubtful_match;
DROP FUNCTION match_merged;
ALTER TABLE doubtful_match DROP COLUMN gone, DROP COLUMN decided_at, DROP COLUMN decided_by, DROP COLUMN decision;
