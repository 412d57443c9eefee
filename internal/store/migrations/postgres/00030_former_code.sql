-- +goose Up

-- A merge that is under way ends first, or what it leaves of codes would not be seen below.
LOCK TABLE doubtful_match IN SHARE ROW EXCLUSIVE MODE;

-- Codes that a merge ended (ADR 39): each finds the person of the record that stays, and is given to nobody again.
CREATE TABLE former_code (
    code       BIGINT PRIMARY KEY CHECK (code > 0),
    record_num BIGINT NOT NULL,
    since      BIGINT NOT NULL
);
CREATE INDEX former_code_record ON former_code (record_num);

-- As before (00026), but that no code of the record that goes ends: its own is of the one that stays, if that has none; what is left
-- over is a former code of it, as are those that the other had.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION match_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stays BIGINT := CASE WHEN NEW.gone = NEW.record_num THEN NEW.other_num ELSE NEW.record_num END;
    own BIGINT := (SELECT code FROM record WHERE num = NEW.gone);
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
    UPDATE former_code SET record_num = stays WHERE record_num = NEW.gone;
    -- In one statement: a run that is under way may draw the code anew.
    WITH over AS (DELETE FROM target WHERE record_num = NEW.gone RETURNING code)
        INSERT INTO former_code (code, record_num, since) SELECT code, stays, NEW.decided_at FROM over
        ON CONFLICT (code) DO UPDATE SET record_num = excluded.record_num, since = excluded.since;
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
    IF own IS NOT NULL THEN
        UPDATE record SET code = own WHERE num = stays AND code IS NULL AND NOT EXISTS (SELECT FROM target WHERE record_num = stays);
        IF NOT FOUND THEN
            INSERT INTO former_code (code, record_num, since) VALUES (own, stays, NEW.decided_at)
            ON CONFLICT (code) DO UPDATE SET record_num = excluded.record_num, since = excluded.since;
        END IF;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- As before (00027), but that a former code is another's too.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION target_apart(number INTEGER, space BIGINT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaign_run WHERE campaign_run.number = target_apart.number AND state = 'running') THEN
        RAISE EXCEPTION 'this run is not under way';
    END IF;
    DELETE FROM target_rest t USING record r WHERE t.run = number AND r.num = t.record_num AND r.code IS NOT NULL;
    LOOP
        UPDATE target_rest t SET code = (SELECT (('x' || translate(substr(u, 1, 13), '-', '') || substr(u, 33, 4))::bit(64)::bigint
                & 9223372036854775807) % space + 1 FROM (SELECT gen_random_uuid()::text AS u WHERE t.record_num IS NOT NULL) AS drawn)
            WHERE t.run = number AND (EXISTS (SELECT FROM record r WHERE r.code = t.code)
                OR EXISTS (SELECT FROM target o WHERE o.code = t.code AND o.run <> number)
                OR EXISTS (SELECT FROM former_code f WHERE f.code = t.code));
        EXIT WHEN NOT FOUND;
    END LOOP;
END
$$;
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
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION target_apart(number INTEGER, space BIGINT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM campaign_run WHERE campaign_run.number = target_apart.number AND state = 'running') THEN
        RAISE EXCEPTION 'this run is not under way';
    END IF;
    DELETE FROM target_rest t USING record r WHERE t.run = number AND r.num = t.record_num AND r.code IS NOT NULL;
    LOOP
        UPDATE target_rest t SET code = (SELECT (('x' || translate(substr(u, 1, 13), '-', '') || substr(u, 33, 4))::bit(64)::bigint
                & 9223372036854775807) % space + 1 FROM (SELECT gen_random_uuid()::text AS u WHERE t.record_num IS NOT NULL) AS drawn)
            WHERE t.run = number AND (EXISTS (SELECT FROM record r WHERE r.code = t.code)
                OR EXISTS (SELECT FROM target o WHERE o.code = t.code AND o.run <> number));
        EXIT WHEN NOT FOUND;
    END LOOP;
END
$$;
-- +goose StatementEnd
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
DROP TABLE former_code;
