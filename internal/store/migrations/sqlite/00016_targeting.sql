-- +goose Up

-- What targeting asks of a person: days as numbers (19460118), 0 for none, of the birth date the first and the last that
-- it may stand for; conditions and comorbidities are sets of bits; residence, occupation and workplace are numbers of package registry, 0 where it is not told.
ALTER TABLE patient ADD COLUMN conditions BIGINT NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN comorbidities BIGINT NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN born_first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN born_last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN died INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN residence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN occupation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN workplace INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN objects BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE patient ADD COLUMN department TEXT NOT NULL DEFAULT '';
ALTER TABLE patient ADD COLUMN establishment TEXT NOT NULL DEFAULT '';
ALTER TABLE patient ADD COLUMN scheme TEXT NOT NULL DEFAULT '';

-- For the persons that there are, as registry.BirthDate.Possible and registry.DepartmentOf say.
CREATE TEMPORARY VIEW born AS
WITH day AS (
    SELECT num, birth_date, substr(birth_date, 1, 4) AS year,
        substr(birth_date, 1, 4) || '-' || substr(birth_date, 5, 2) || '-' || substr(birth_date, 7) AS iso,
        substr(birth_date, 1, 4) || '-' || substr(birth_date, 5, 2) || '-01' AS month
    FROM record
)
SELECT num,
    CASE WHEN date(iso) = iso THEN birth_date WHEN year = '0000' THEN '0'
        WHEN iso LIKE '%-00' AND date(month) = month THEN replace(month, '-', '') ELSE year || '0101' END AS first,
    CASE WHEN date(iso) = iso THEN birth_date WHEN year = '0000' THEN '99991231'
        WHEN iso LIKE '%-00' AND date(month) = month THEN replace(date(month, '+1 month', '-1 day'), '-', '') ELSE year || '1231' END AS last
FROM day;

UPDATE patient SET born_first = CAST(first AS INTEGER), born_last = CAST(last AS INTEGER) FROM born WHERE num = record_num;
DROP VIEW born;

UPDATE patient SET department = CASE
    WHEN length(commune_code) = 5 AND substr(commune_code, 1, 2) IN ('2A', '2B') THEN substr(commune_code, 1, 2)
    WHEN length(commune_code) = 5 AND commune_code GLOB '[0-9][0-9]*' AND substr(commune_code, 1, 2) BETWEEN '01' AND '95'
        AND substr(commune_code, 1, 2) <> '20' THEN substr(commune_code, 1, 2)
    WHEN length(commune_code) = 5 AND (substr(commune_code, 1, 3) BETWEEN '971' AND '978' OR substr(commune_code, 1, 3) BETWEEN '986' AND '988')
        THEN substr(commune_code, 1, 3)
    WHEN postal_code GLOB '20[01]*' THEN '2A'
    WHEN postal_code GLOB '20???' THEN '2B'
    WHEN postal_code = '97133' THEN '977'
    WHEN postal_code = '97150' THEN '978'
    WHEN length(postal_code) = 5 AND postal_code GLOB '[0-9][0-9]*' AND substr(postal_code, 1, 2) BETWEEN '01' AND '95'
        AND substr(postal_code, 1, 2) <> '20' THEN substr(postal_code, 1, 2)
    WHEN length(postal_code) = 5 AND (substr(postal_code, 1, 3) BETWEEN '971' AND '978' OR substr(postal_code, 1, 3) BETWEEN '986' AND '988')
        THEN substr(postal_code, 1, 3)
    ELSE '' END;

-- Campaigns as they were written, a row a version: nothing is overwritten. content is the campaign as JSON.
CREATE TABLE campaign (
    id       TEXT    NOT NULL CHECK (id <> ''),
    version  INTEGER NOT NULL CHECK (version > 0),
    content  TEXT    NOT NULL,
    saved_by TEXT    NOT NULL,
    saved_at BIGINT  NOT NULL,
    PRIMARY KEY (id, version)
);

-- Runs of a campaign over the population. content is the campaign as it was when the run was prepared, counts what
-- the preview found, as JSON. A run goes through numbers of records up to highest.
CREATE TABLE campaign_run (
    number      INTEGER PRIMARY KEY CHECK (number > 0),
    campaign    TEXT    NOT NULL,
    content     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('counting', 'prepared', 'approved', 'running', 'done', 'dropped')),
    counts      TEXT    NOT NULL DEFAULT '',
    prepared_by TEXT    NOT NULL,
    prepared_at BIGINT  NOT NULL,
    approved_by TEXT    NOT NULL DEFAULT '',
    approved_at BIGINT  NOT NULL DEFAULT 0,
    started_at  BIGINT  NOT NULL DEFAULT 0,
    ended_at    BIGINT  NOT NULL DEFAULT 0,
    highest     BIGINT  NOT NULL DEFAULT 0,
    targeted    BIGINT  NOT NULL DEFAULT 0,
    CHECK (approved_by <> prepared_by)
);

-- Codes that runs gave. A run is one transaction here.
CREATE TABLE target (
    record_num INTEGER PRIMARY KEY,
    code       BIGINT  NOT NULL UNIQUE CHECK (code > 0),
    run        INTEGER NOT NULL
);

-- +goose Down
DROP TABLE target;
DROP TABLE campaign_run;
DROP TABLE campaign;
ALTER TABLE patient DROP COLUMN scheme;
ALTER TABLE patient DROP COLUMN establishment;
ALTER TABLE patient DROP COLUMN department;
ALTER TABLE patient DROP COLUMN objects;
ALTER TABLE patient DROP COLUMN workplace;
ALTER TABLE patient DROP COLUMN occupation;
ALTER TABLE patient DROP COLUMN residence;
ALTER TABLE patient DROP COLUMN died;
ALTER TABLE patient DROP COLUMN born_last;
ALTER TABLE patient DROP COLUMN born_first;
ALTER TABLE patient DROP COLUMN comorbidities;
ALTER TABLE patient DROP COLUMN conditions;
