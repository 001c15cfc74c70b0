"""Append-only tables: the database itself refuses an UPDATE or DELETE of their rows, whoever asks."""

from django.db.migrations import RunSQL

# Only the test suite turns this setting on, because it must empty its tables.
_FUNCTION = """
CREATE OR REPLACE FUNCTION marginalia_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('marginalia.testing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: a correction is a new row that names the old', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> RunSQL:
    """Return the migration step that makes a table append-only."""
    return RunSQL(
        f"""{_FUNCTION}
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION marginalia_append_only();
        CREATE TRIGGER {table}_append_only_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION marginalia_append_only();""",
        f"""DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_append_only_truncate ON {table};""",
    )


def immutable_columns(table: str, *columns: str) -> RunSQL:
    """Return the migration step that lets a row be changed, but never in these columns."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    return RunSQL(
        f"""{_FUNCTION}
        CREATE TRIGGER {table}_immutable BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed})
            EXECUTE FUNCTION marginalia_append_only();""",
        f"DROP TRIGGER {table}_immutable ON {table};",
    )
