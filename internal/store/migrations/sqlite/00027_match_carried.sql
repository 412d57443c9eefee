-- +goose Up

-- What else is of the record that goes when two are one person's (00020) is of the one that stays: the code of a run, which lists
-- the person by it, unless that one has a code. The letters it got are told to the person; where the other got one of the same run
-- too, again is what no other letter to them has, below 0. What the person said against being targeted is no declaration, and stays said.
DROP TRIGGER match_merged;
-- +goose StatementBegin
CREATE TRIGGER match_merged AFTER UPDATE OF gone ON doubtful_match WHEN NEW.gone <> 0 AND OLD.gone = 0
BEGIN
    SELECT RAISE(ABORT, 'a record that is in use is not taken away')
        WHERE NEW.decision <> 'same' OR EXISTS (SELECT 1 FROM entry WHERE record_num = NEW.gone AND step IN (0, 1, 2));
    -- What the person said comes before what they said under the record that stays, if that is in force or this was taken back; or else
    -- after it. Which agreements came before an objection is told by when they were signed.
    UPDATE entry SET sequence = -sequence - (SELECT MAX(sequence) FROM entry WHERE record_num = NEW.gone AND step = 3)
        WHERE record_num = NEW.record_num + NEW.other_num - NEW.gone AND step = 3 AND EXISTS (SELECT 1 FROM entry WHERE record_num = NEW.gone AND step = 3)
        AND (EXISTS (SELECT 1 FROM patient WHERE record_num = NEW.record_num + NEW.other_num - NEW.gone AND objects) OR EXISTS (SELECT 1 FROM entry o
            WHERE o.record_num = NEW.gone AND o.step = 3 AND o.number = 2
            AND o.sequence = (SELECT MAX(sequence) FROM entry WHERE record_num = NEW.gone AND step = 3)));
    UPDATE entry SET sequence = -sequence WHERE record_num = NEW.record_num + NEW.other_num - NEW.gone AND step = 3 AND sequence < 0;
    UPDATE entry SET sequence = -sequence - COALESCE((SELECT CASE MIN(sequence) WHEN 1 THEN MAX(sequence) ELSE 0 END
        FROM entry WHERE record_num = NEW.record_num + NEW.other_num - NEW.gone AND step = 3), 0) WHERE record_num = NEW.gone AND step = 3;
    UPDATE entry SET record_num = NEW.record_num + NEW.other_num - NEW.gone, sequence = -sequence, content = CASE number WHEN 1 THEN
        json_set(content, '$[3]', CAST((SELECT COUNT(*) FROM entry d WHERE d.record_num = NEW.record_num + NEW.other_num - NEW.gone
            AND d.step = 0 AND d.number = 1 AND d.signed_at <= entry.signed_at) AS TEXT)) ELSE content END
        WHERE record_num = NEW.gone AND step = 3;
    UPDATE target SET record_num = NEW.record_num + NEW.other_num - NEW.gone WHERE record_num = NEW.gone
        AND NOT EXISTS (SELECT 1 FROM target WHERE record_num = NEW.record_num + NEW.other_num - NEW.gone)
        AND NOT EXISTS (SELECT 1 FROM record WHERE num = NEW.record_num + NEW.other_num - NEW.gone AND code IS NOT NULL);
    UPDATE letter SET record_num = NEW.record_num + NEW.other_num - NEW.gone, again = CASE
        WHEN EXISTS (SELECT 1 FROM letter k WHERE k.record_num = NEW.record_num + NEW.other_num - NEW.gone AND k.run = letter.run AND k.again = letter.again)
        THEN -(part * 100000 + number) ELSE again END
        WHERE record_num = NEW.gone;
    UPDATE OR IGNORE doubtful_match SET record_num = NEW.record_num + NEW.other_num - NEW.gone
        WHERE record_num = NEW.gone AND decision = '' AND other_num <> NEW.record_num + NEW.other_num - NEW.gone;
    UPDATE OR IGNORE doubtful_match SET other_num = NEW.record_num + NEW.other_num - NEW.gone
        WHERE other_num = NEW.gone AND decision = '' AND record_num <> NEW.record_num + NEW.other_num - NEW.gone;
    DELETE FROM doubtful_match WHERE decision = '' AND NEW.gone IN (record_num, other_num);
    DELETE FROM patient WHERE record_num = NEW.gone;
    DELETE FROM record WHERE num = NEW.gone;
END;
-- +goose StatementEnd


-- A number is given once, also that of a record that went: what bears it still, of a run or of a batch of letters, is not to be of
-- somebody else. Whoever comes next would have got it, had it been the highest.
CREATE INDEX doubtful_match_gone ON doubtful_match (gone);
-- +goose StatementBegin
CREATE TRIGGER record_number_once AFTER INSERT ON record WHEN NEW.num <= (SELECT MAX(gone) FROM doubtful_match)
BEGIN
    UPDATE record SET num = 1 + (SELECT MAX(gone) FROM doubtful_match) WHERE num = NEW.num;
END;
-- +goose StatementEnd

-- The same for those who were one before.
CREATE TEMPORARY VIEW went AS
WITH RECURSIVE followed (gone, num) AS (
    SELECT gone, record_num + other_num - gone FROM doubtful_match WHERE gone <> 0
    UNION SELECT f.gone, m.record_num + m.other_num - m.gone FROM followed f JOIN doubtful_match m ON m.gone = f.num
)
SELECT followed.gone, followed.num, record.code FROM followed JOIN record ON record.num = followed.num
    WHERE NOT EXISTS (SELECT 1 FROM record other WHERE other.num = followed.gone);
UPDATE letter SET again = -(part * 100000 + number), record_num = (SELECT num FROM went WHERE gone = record_num)
    WHERE record_num IN (SELECT gone FROM went);
UPDATE target SET record_num = (SELECT num FROM went WHERE went.gone = target.record_num AND went.code = target.code)
    WHERE record_num IN (SELECT gone FROM went WHERE went.code = target.code);
UPDATE record SET code = NULL WHERE num IN (SELECT num FROM went)
    AND EXISTS (SELECT 1 FROM target t WHERE t.record_num = record.num AND t.code = record.code);
DROP VIEW went;

-- +goose Down
DROP TRIGGER record_number_once;
DROP INDEX doubtful_match_gone;
DROP TRIGGER match_merged;
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
