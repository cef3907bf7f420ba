-- name: login_type
-- How a role may log in: no row where there is no such role, null where it stands for no identity.
SELECT CASE WHEN note IS JSON OBJECT THEN note::json ->> 'databricks_identity' END
FROM pg_roles, shobj_description(pg_roles.oid, 'pg_authid') AS note
WHERE rolname = %s

-- name: list
-- The roles that people and programs have; PostgreSQL's own and the workspace's are left out.
SELECT rolname AS name,
       CASE WHEN note IS JSON OBJECT THEN note::json ->> 'databricks_identity' END
         AS identity_type,
       CASE WHEN note IS JSON OBJECT THEN note::json ->> 'role_id' END AS given_id,
       rolcanlogin AS can_login,
       json_build_object(
         'bypassrls', rolbypassrls, 'createdb', rolcreatedb, 'createrole', rolcreaterole
       ) AS attributes,
       EXISTS (
         SELECT FROM pg_auth_members
         WHERE member = pg_roles.oid AND roleid = 'databricks_superuser'::regrole
       ) AS is_superuser
FROM pg_roles, shobj_description(pg_roles.oid, 'pg_authid') AS note
WHERE NOT rolsuper AND rolname !~ '^pg_' AND rolname <> 'databricks_superuser'
ORDER BY rolname

-- name: superuser_exists
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'databricks_superuser')

-- name: create_superuser
CREATE ROLE databricks_superuser NOLOGIN
  IN ROLE pg_read_all_data, pg_write_all_data, pg_monitor

-- name: database_exists
SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)

-- name: list_databases
SELECT datname AS name, pg_get_userbyid(datdba) AS owner,
       CASE WHEN note IS JSON OBJECT THEN note::json ->> 'database_id' END AS given_id
FROM pg_database, shobj_description(pg_database.oid, 'pg_database') AS note
WHERE NOT datistemplate AND datname <> 'postgres'
ORDER BY datname
