"""Append-only tables: the database itself refuses an UPDATE or DELETE of their rows, whoever asks."""

from django.db.migrations import RunSQL

# Only the test suite turns `marginalia.testing` on, because it must empty its tables. `marginalia.deleting_project` is the id of
# a project that is deleted as a whole, in a transaction that deletes its rows (`annotator/archive/deletion.py`): only its own
# rows go, and only while it is archived. The first argument of a trigger is how the row, `$1`, leads to its project.
_FUNCTION = """
CREATE OR REPLACE FUNCTION marginalia_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    deleting text := current_setting('marginalia.deleting_project', true);
    project bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('marginalia.testing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND deleting <> '' AND TG_NARGS = 1 THEN
        EXECUTE 'SELECT ' || TG_ARGV[0] INTO project USING OLD;
        IF project::text = deleting
            AND EXISTS (SELECT 1 FROM annotator_project WHERE id = project AND archived_at IS NOT NULL) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: a correction is a new row that names the old', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str, project: str = "($1).project_id", unless: str = "false") -> RunSQL:
    """Return the migration step that makes a table append-only.

    `project` is the SQL expression by which a row, `$1`, leads to its project: the rows go when that is deleted as a whole.
    `unless` is the SQL condition on `OLD` and `NEW` of the only update that is allowed, such as an erasure.
    """
    return RunSQL(
        f"""{_FUNCTION}
        CREATE TRIGGER {table}_append_only BEFORE DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION marginalia_append_only('{project}');
        CREATE TRIGGER {table}_append_only_update BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN (({unless}) IS NOT TRUE) EXECUTE FUNCTION marginalia_append_only();
        CREATE TRIGGER {table}_append_only_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION marginalia_append_only();""",
        f"""DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_append_only_update ON {table};
        DROP TRIGGER {table}_append_only_truncate ON {table};""",
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
