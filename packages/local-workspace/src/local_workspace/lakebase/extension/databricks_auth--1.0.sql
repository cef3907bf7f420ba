-- What Lakebase's own extension offers: roles that log in with a token of the workspace.
-- A role that stands for an identity says so in its comment, which all databases share.

-- The type of identity that a role stands for: USER, SERVICE_PRINCIPAL, GROUP, or null.
CREATE FUNCTION databricks_identity_type(role oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN note IS JSON OBJECT THEN note::json ->> 'databricks_identity' END
  FROM shobj_description(role, 'pg_authid') AS note
$$;

-- Makes a role for an identity of the workspace; the caller may drop it and grant it.
CREATE FUNCTION databricks_create_role(identity_name text, identity_type text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted text := upper(identity_type);
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_roles WHERE rolname = session_user AND (rolcreaterole OR rolsuper)
  ) THEN
    RAISE insufficient_privilege USING
      MESSAGE = 'permission denied to create role',
      DETAIL = 'Only roles with the CREATEROLE attribute may create roles.';
  END IF;
  IF wanted IS NULL OR wanted NOT IN ('USER', 'SERVICE_PRINCIPAL', 'GROUP') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('invalid identity type %L', identity_type),
      HINT = 'Use USER, SERVICE_PRINCIPAL or GROUP.';
  END IF;
  -- The workspace writes who there is into this file, in the data folder.
  IF (pg_read_file('workspace_identities.json')::json ->> identity_name) IS DISTINCT FROM wanted
  THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('identity %L of type %s not found in the workspace', identity_name, wanted);
  END IF;
  EXECUTE format('CREATE ROLE %I LOGIN', identity_name);
  EXECUTE format(
    'COMMENT ON ROLE %I IS %L', identity_name,
    json_build_object('databricks_identity', wanted)
  );
  EXECUTE format(
    'GRANT %I TO %I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', identity_name, session_user
  );
END
$$;

CREATE FUNCTION databricks_list_roles_impl(OUT role_name text, OUT identity_type text)
RETURNS SETOF record
LANGUAGE sql STABLE
AS $$
  SELECT rolname, lower(@extschema@.databricks_identity_type(oid))
  FROM pg_catalog.pg_roles
  WHERE @extschema@.databricks_identity_type(oid) IS NOT NULL
$$;

CREATE VIEW databricks_list_roles AS SELECT * FROM databricks_list_roles_impl();

CREATE VIEW databricks_auth_metrics AS
  SELECT 'roles' AS metric, 'identity_type' AS enum_name, identity_type AS enum_value,
         NULL::double precision AS bucket_le, count(*)::double precision AS value
  FROM databricks_list_roles_impl()
  GROUP BY identity_type;

GRANT SELECT ON databricks_list_roles TO PUBLIC;
GRANT ALL ON databricks_list_roles, databricks_auth_metrics
  TO databricks_superuser WITH GRANT OPTION;
