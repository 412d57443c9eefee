-- +goose Up

-- What someone decided of a doubtful match (ADR 36), and which record went when the two were one person's.
ALTER TABLE doubtful_match ADD COLUMN decision TEXT NOT NULL DEFAULT '' CHECK (decision IN ('', 'same', 'two'));
ALTER TABLE doubtful_match ADD COLUMN decided_by TEXT NOT NULL DEFAULT '';
ALTER TABLE doubtful_match ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE doubtful_match ADD COLUMN gone BIGINT NOT NULL DEFAULT 0 CHECK (gone IN (0, record_num, other_num));

-- Takes away the record that goes, in which nothing was declared, and says of other matches with it that they are with
-- the one that stays.
-- +goose StatementBegin
CREATE TRIGGER match_merged AFTER UPDATE OF gone ON doubtful_match WHEN NEW.gone <> 0 AND OLD.gone = 0
BEGIN
    SELECT RAISE(ABORT, 'a record that is in use is not taken away')
        WHERE NEW.decision <> 'same' OR EXISTS (SELECT 1 FROM entry WHERE record_num = NEW.gone);
    UPDATE OR IGNORE doubtful_match SET record_num = NEW.record_num + NEW.other_num - NEW.gone
        WHERE record_num = NEW.gone AND decision = '' AND other_num <> NEW.record_num + NEW.other_num - NEW.gone;
    UPDATE OR IGNORE doubtful_match SET other_num = NEW.record_num + NEW.other_num - NEW.gone
        WHERE other_num = NEW.gone AND decision = '' AND record_num <> NEW.record_num + NEW.other_num - NEW.gone;
    DELETE FROM doubtful_match WHERE decision = '' AND NEW.gone IN (record_num, other_num);
    DELETE FROM patient WHERE record_num = NEW.gone;
    DELETE FROM record WHERE num = NEW.gone;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER match_merged;
ALTER TABLE doubtful_match DROP COLUMN gone;
ALTER TABLE doubtful_match DROP COLUMN decided_at;
ALTER TABLE doubtful_match DROP COLUMN decided_by;
ALTER TABLE doubtful_match DROP COLUMN decision;
