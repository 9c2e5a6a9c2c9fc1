-- Roles and database of Enishi. Run by a superuser with psql; may be run again.
--   OWNER_PASSWORD=… APP_PASSWORD=… psql -d postgres -f roles.sql
-- enishi_owner owns the schema and migrates it; enishi_app is what everything else connects as.
\set ON_ERROR_STOP on
\set QUIET on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['enishi_owner', 'enishi_app']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE enishi_owner NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE enishi_app NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
-- Pages lower the statement time-out for themselves; these are what no connection goes beyond.
ALTER ROLE enishi_app SET lock_timeout = '3s';
ALTER ROLE enishi_app SET statement_timeout = '30s';
ALTER ROLE enishi_app SET idle_in_transaction_session_timeout = '60s';

SELECT 'CREATE DATABASE enishi OWNER enishi_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'enishi') \gexec

\connect enishi
\ir database.sql
