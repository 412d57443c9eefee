-- +goose Up

-- Where localities and vaccination places are, in millionths of a degree, NULL where it is not known; and whether a place
-- receives whoever is invited, and from which day on.
ALTER TABLE locality ADD COLUMN latitude INTEGER;
ALTER TABLE locality ADD COLUMN longitude INTEGER;
ALTER TABLE vaccination_place ADD COLUMN latitude INTEGER;
ALTER TABLE vaccination_place ADD COLUMN longitude INTEGER;
ALTER TABLE vaccination_place ADD COLUMN open_to_public BOOLEAN;
ALTER TABLE vaccination_place ADD COLUMN opens TEXT COLLATE "C";

-- What the letters of batches list, by its SHA-256: batches that were asked for between two imports share it.
CREATE TABLE letter_places (
    digest  TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    content TEXT COLLATE "C" NOT NULL -- as JSON
);

ALTER TABLE letter_batch ADD COLUMN places TEXT COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE letter_batch DROP COLUMN places;
DROP TABLE letter_places;
ALTER TABLE vaccination_place DROP COLUMN opens;
ALTER TABLE vaccination_place DROP COLUMN open_to_public;
ALTER TABLE vaccination_place DROP COLUMN longitude;
ALTER TABLE vaccination_place DROP COLUMN latitude;
ALTER TABLE locality DROP COLUMN longitude;
ALTER TABLE locality DROP COLUMN latitude;
