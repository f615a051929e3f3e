-- The database roles of Tidu, and its database. Safe to run again: it only adds what is missing and
-- sets passwords and memberships as they should be.
--
-- For a database administrator, as a superuser of PostgreSQL 18:
--   psql -v database=tidu -v owner_password=… -v web_password=… -v worker_password=… \
--        -v backup_password=… -f roles.sql postgres
--
-- tidu_owner   migrates and owns the tables; row-level security binds it too (FORCE)
-- tidu_web     login of the web server: owns nothing, and is nobody until it takes a role of a request
-- tidu_worker  login of jobs and commands: also takes app_nation for work over all regions
-- tidu_backup  dumps everything
-- tidu_definer owns the few functions that may look past the policies of a caller
-- app_*        what a transaction becomes; the policies name them
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I NOLOGIN', name)
  FROM unnest(ARRAY['app_office', 'app_enterprise', 'app_public', 'app_nation', 'tidu_definer']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['tidu_owner', 'tidu_web', 'tidu_worker', 'tidu_backup']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE tidu_owner NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION NOCREATEDB PASSWORD :'owner_password';
ALTER ROLE tidu_web NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION NOCREATEDB NOINHERIT PASSWORD :'web_password';
ALTER ROLE tidu_worker NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION NOCREATEDB NOINHERIT PASSWORD :'worker_password';
ALTER ROLE tidu_backup NOSUPERUSER NOCREATEROLE BYPASSRLS NOREPLICATION NOCREATEDB PASSWORD :'backup_password';

GRANT app_office, app_enterprise, app_public TO tidu_web WITH INHERIT FALSE, SET TRUE;
GRANT app_office, app_enterprise, app_public, app_nation TO tidu_worker WITH INHERIT FALSE, SET TRUE;
GRANT tidu_definer TO tidu_owner WITH INHERIT FALSE, SET TRUE;
GRANT pg_read_all_data TO tidu_backup;

SELECT format('CREATE DATABASE %I OWNER tidu_owner', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO tidu_web, tidu_worker, tidu_backup;
-- A workbook is copied into a temporary table first: COPY into a protected table is refused.
GRANT TEMPORARY ON DATABASE :"database" TO app_office, app_nation;

\if :{?test_password}
  SELECT 'CREATE ROLE tidu_test LOGIN NOINHERIT'
   WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidu_test') \gexec
  ALTER ROLE tidu_test NOINHERIT PASSWORD :'test_password';
  GRANT tidu_web, tidu_worker, app_office, app_enterprise, app_public, app_nation
     TO tidu_test WITH INHERIT FALSE, SET TRUE;
  GRANT CONNECT ON DATABASE :"database" TO tidu_test;
  ALTER ROLE tidu_owner CREATEDB;
\endif

-- A function can only be given to a role that may create in its schema.
\connect :"database"
GRANT USAGE, CREATE ON SCHEMA public TO tidu_definer;
