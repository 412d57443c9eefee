-- +goose Up

-- Codes that a merge ended (ADR 39): each finds the person of the record that stays, and is given to nobody again.
CREATE TABLE former_code (
    code       INTEGER PRIMARY KEY CHECK (code > 0),
    record_num INTEGER NOT NULL,
    since      BIGINT  NOT NULL
);
CREATE INDEX former_code_record ON former_code (record_num);

-- As before (00027), but that no code of the record that goes ends: its own is of the one that stays, if that has none; what is left
-- over is a former code of it, as are those that the other had.
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
    UPDATE former_code SET record_num = NEW.record_num + NEW.other_num - NEW.gone WHERE record_num = NEW.gone;
    INSERT OR REPLACE INTO former_code (code, record_num, since)
        SELECT code, NEW.record_num + NEW.other_num - NEW.gone, NEW.decided_at FROM target WHERE record_num = NEW.gone;
    DELETE FROM target WHERE record_num = NEW.gone;
    -- Its own stands under its number for as long as two records may not bear it.
    INSERT OR REPLACE INTO former_code (code, record_num, since)
        SELECT code, NEW.gone, NEW.decided_at FROM record WHERE num = NEW.gone AND code IS NOT NULL;
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
    UPDATE record SET code = (SELECT code FROM former_code WHERE record_num = NEW.gone)
        WHERE num = NEW.record_num + NEW.other_num - NEW.gone AND code IS NULL
        AND NOT EXISTS (SELECT 1 FROM target WHERE record_num = NEW.record_num + NEW.other_num - NEW.gone);
    DELETE FROM former_code WHERE record_num = NEW.gone AND code = (SELECT code FROM record WHERE num = NEW.record_num + NEW.other_num - NEW.gone);
    UPDATE former_code SET record_num = NEW.record_num + NEW.other_num - NEW.gone WHERE record_num = NEW.gone;
END;
-- +goose StatementEnd

-- Of those who were one before: a code that a run gave the record that went stands under its number still. One of its own is not known
-- any more.
CREATE TEMPORARY VIEW went AS
WITH RECURSIVE followed (gone, num, at) AS (
    SELECT gone, record_num + other_num - gone, decided_at FROM doubtful_match WHERE gone <> 0
    UNION SELECT f.gone, m.record_num + m.other_num - m.gone, f.at FROM followed f JOIN doubtful_match m ON m.gone = f.num
)
SELECT followed.gone, followed.num, followed.at FROM followed JOIN record ON record.num = followed.num
    WHERE NOT EXISTS (SELECT 1 FROM record other WHERE other.num = followed.gone);
INSERT INTO former_code (code, record_num, since)
    SELECT t.code, MIN(went.num), MIN(went.at) FROM target t JOIN went ON went.gone = t.record_num GROUP BY t.code;
DELETE FROM target WHERE record_num IN (SELECT gone FROM went);
DROP VIEW went;

-- +goose Down
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
DROP TABLE former_code;
