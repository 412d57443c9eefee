-- +goose Up

-- What else is of the record that goes when two are one person's (00019) is of the one that stays: the code of a run, which lists
-- the person by it, unless that one has a code. A run that is ending waits, and then sees to it itself (postgres_target.go).
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION match_merged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stays BIGINT := CASE WHEN NEW.gone = NEW.record_num THEN NEW.other_num ELSE NEW.record_num END;
BEGIN
    IF NEW.decision <> 'same' OR EXISTS (SELECT FROM entry WHERE record_num = NEW.gone) THEN
        RAISE EXCEPTION 'a record that is in use is not taken away';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('vaccin target end'));
    UPDATE target SET record_num = stays WHERE record_num = NEW.gone
        AND NOT EXISTS (SELECT FROM target WHERE record_num = stays)
        AND NOT EXISTS (SELECT FROM record WHERE num = stays AND code IS NOT NULL);
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
