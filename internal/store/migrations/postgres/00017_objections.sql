-- +goose Up

-- Step 3 is an objection: number 1 what the person said, number 2 that they took it back. Every row there is keeps to
-- what is asked, so that none is looked at: the check is for those to come.
ALTER TABLE entry DROP CONSTRAINT entry_step_check;
ALTER TABLE entry ADD CONSTRAINT entry_step_check CHECK (step IN (0, 1, 2, 3)) NOT VALID;

-- Until which step one may object, from a day on: 0 until eligibility is declared, 1 until the first dose.
CREATE TABLE objection_limit (
    first_day TEXT COLLATE "C" PRIMARY KEY,
    step      INTEGER NOT NULL CHECK (step IN (0, 1))
);

-- +goose Down
DROP TABLE objection_limit;
UPDATE patient SET objects = false WHERE objects;
DELETE FROM entry WHERE step = 3;
ALTER TABLE entry DROP CONSTRAINT entry_step_check;
ALTER TABLE entry ADD CONSTRAINT entry_step_check CHECK (step IN (0, 1, 2)) NOT VALID;
