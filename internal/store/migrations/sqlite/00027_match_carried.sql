-- +goose Up
-- A number is given once, also that of a record that went: what bears it still, of a run or of a batch of letters, is not to be of
-- somebody else. Whoever comes next would have got it, had it been the highest.
CREATE INDEX doubtful_match_gone ON doubtful_match (gone);
-- +goose StatementBegin
CREATE TRIGGER record_number_once AFTER INSERT ON record WHEN NEW.num <= (SELECT MAX(gone) FROM doubtful_match)
BEGIN
    UPDATE record SET num = 1 + (SELECT MAX(gone) FROM doubtful_match) WHERE num = NEW.num;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER record_number_once;
DROP INDEX doubtful_match_gone;
