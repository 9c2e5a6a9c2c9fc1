-- What the two roles may do in the database that is connected to. A clone needs it again:
-- CREATE DATABASE … TEMPLATE does not take the rights on the database itself along.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO enishi_app', current_database()) \gexec

ALTER SCHEMA public OWNER TO enishi_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO enishi_app;
ALTER DEFAULT PRIVILEGES FOR ROLE enishi_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO enishi_app;
ALTER DEFAULT PRIVILEGES FOR ROLE enishi_owner IN SCHEMA public
  GRANT USAGE ON SEQUENCES TO enishi_app;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
