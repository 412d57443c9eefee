-- +goose Up

-- What else is of the record that goes when two are one person's (00019) is of the one that stays: the code of a run, which lists
-- the person by it, unless that one has a code. A run that is ending waits, and then sees to it itself (postgres_target.go). The letters it
-- got are told to the person; where the other got one of the same run too, again is what no other letter to them has, below 0. What the
-- person said against being targeted is no declaration, and stays said.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION match_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stays BIGINT := CASE WHEN NEW.gone = NEW.record_num THEN NEW.other_num ELSE NEW.record_num END;
BEGIN
    IF NEW.decision <> 'same' OR EXISTS (SELECT FROM entry WHERE record_num = NEW.gone AND step IN (0, 1, 2)) THEN
        RAISE EXCEPTION 'a record that is in use is not taken away';
    END IF;
    -- What the person said comes before what they said under the record that stays, if that is in force or this was taken back; or else
    -- after it. Which agreements came before an objection is told by when they were signed.
    UPDATE entry SET sequence = -sequence - (SELECT MAX(sequence) FROM entry WHERE record_num = NEW.gone AND step = 3)
        WHERE record_num = stays AND step = 3 AND EXISTS (SELECT FROM entry WHERE record_num = NEW.gone AND step = 3)
        AND (EXISTS (SELECT FROM patient WHERE record_num = stays AND objects) OR EXISTS (SELECT FROM entry o
            WHERE o.record_num = NEW.gone AND o.step = 3 AND o.number = 2
            AND o.sequence = (SELECT MAX(sequence) FROM entry WHERE record_num = NEW.gone AND step = 3)));
    UPDATE entry SET sequence = -sequence WHERE record_num = stays AND step = 3 AND sequence < 0;
    UPDATE entry SET sequence = -sequence - COALESCE((SELECT CASE MIN(sequence) WHEN 1 THEN MAX(sequence) ELSE 0 END
        FROM entry WHERE record_num = stays AND step = 3), 0) WHERE record_num = NEW.gone AND step = 3;
    UPDATE entry SET record_num = stays, sequence = -sequence, content = CASE number WHEN 1 THEN
        regexp_replace(content, '^(\["1","[^"]*","[^"]*",")0"', '\1' || (SELECT COUNT(*) FROM entry d WHERE d.record_num = stays
            AND d.step = 0 AND d.number = 1 AND d.signed_at <= entry.signed_at) || '"') ELSE content END
        WHERE record_num = NEW.gone AND step = 3;
    PERFORM pg_advisory_xact_lock_shared(hashtext('vaccin target end'));
    UPDATE target SET record_num = stays WHERE record_num = NEW.gone
        AND NOT EXISTS (SELECT FROM target WHERE record_num = stays)
        AND NOT EXISTS (SELECT FROM record WHERE num = stays AND code IS NOT NULL);
    -- Whoever is choosing members of a batch is done before, or finds that the record went.
    PERFORM FROM letter_batch WHERE state = 'gathering' ORDER BY run, part FOR UPDATE;
    UPDATE letter SET record_num = stays, again = CASE
        WHEN EXISTS (SELECT FROM letter k WHERE k.record_num = stays AND k.run = letter.run AND k.again = letter.again)
        THEN -(part * 100000 + number) ELSE again END
        WHERE record_num = NEW.gone;
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
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION match_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
