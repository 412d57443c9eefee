-- The roles and the database of the service, made once by the administrator of the server:
--   psql -X -v ON_ERROR_STOP=1 -f roles.sql
-- Passwords and certificates are given afterwards (\password, pg_hba.conf): docs/deployment.md.

-- Where vaccin.conf was installed first, each of these would wait without a word for a replica that is not there yet.
SET synchronous_commit = local;

-- What the running service may do. « vaccin migrate » gives it rights, table by table; nobody signs in as it.
CREATE ROLE vaccin_service NOLOGIN;

-- Owns the tables, and runs « vaccin migrate », « vaccin copy », « vaccin import », « vaccin keys rotate » and « retire »,
-- « vaccin portal-account », « vaccin audit retire ».
-- Needs no CREATEROLE, the role of the service being there.
CREATE ROLE vaccin_owner LOGIN NOCREATEROLE NOCREATEDB IN ROLE vaccin_service;

-- By which application servers sign in.
CREATE ROLE vaccin LOGIN NOCREATEROLE NOCREATEDB IN ROLE vaccin_service;

-- By which a replica, and whoever takes backups, reads the log of the database.
CREATE ROLE vaccin_replica LOGIN REPLICATION NOCREATEROLE NOCREATEDB;

-- replica_lag() tells the service how late replicas are, with the eyes of the owner.
GRANT pg_read_all_stats TO vaccin_owner;

CREATE DATABASE vaccin OWNER vaccin_owner ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE vaccin FROM PUBLIC;
GRANT CONNECT ON DATABASE vaccin TO vaccin_service;
