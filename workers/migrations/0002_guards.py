from django.db import migrations

from annotator.server.append_only import append_only

# Bookings of one project wait for each other, in no ring: the lock comes before any account. The balances tell whether every
# entry is of one project and in its currency: those that are not find no account. Answers are booked when their transaction
# ends, so that no process holds the lock while it thinks: many answer at once. The lock's number is `locks.Lock.BOOKS`.
BOOK = """
CREATE FUNCTION marginalia_lock_books(project bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock((3::bigint << 40) + project)
$$;
CREATE FUNCTION marginalia_book() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sides bigint;
    booked_sides bigint;
BEGIN
    PERFORM marginalia_lock_books(b.project_id)
    FROM (SELECT DISTINCT project_id FROM booked WHERE kind <> 'answer' ORDER BY 1) b;
    IF NOT FOUND THEN RETURN NULL; END IF;
    WITH sums AS (
        SELECT account, project_id, sum(amount) AS sum, sum(one) AS sides FROM (
            SELECT source_id AS account, project_id, currency, -amount AS amount, 1 AS one FROM booked
            WHERE kind <> 'answer'
            UNION ALL SELECT target_id, project_id, currency, amount, 1 FROM booked WHERE kind <> 'answer'
        ) x WHERE EXISTS (SELECT 1 FROM annotator_project p WHERE p.id = x.project_id AND p.currency = x.currency)
        GROUP BY account, project_id
    ), written AS (
        UPDATE workers_account a SET balance = a.balance + sums.sum FROM sums
        WHERE a.id = sums.account AND a.project_id = sums.project_id RETURNING sums.sides
    )
    SELECT 2 * (SELECT count(*) FROM booked WHERE kind <> 'answer'), (SELECT coalesce(sum(w.sides), 0) FROM written w) INTO sides, booked_sides;
    IF sides <> booked_sides THEN
        RAISE EXCEPTION 'an entry is of one project and in its currency' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER workers_entry_book AFTER INSERT ON workers_entry REFERENCING NEW TABLE AS booked
    FOR EACH STATEMENT EXECUTE FUNCTION marginalia_book();
CREATE FUNCTION marginalia_book_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sides bigint;
BEGIN
    PERFORM marginalia_lock_books(NEW.project_id);
    UPDATE workers_account a
    SET balance = a.balance + CASE WHEN a.id = NEW.target_id THEN NEW.amount ELSE -NEW.amount END
    FROM annotator_project p
    WHERE a.id IN (NEW.source_id, NEW.target_id) AND a.project_id = NEW.project_id
      AND p.id = NEW.project_id AND p.currency = NEW.currency;
    GET DIAGNOSTICS sides = ROW_COUNT;
    IF sides <> 2 THEN
        RAISE EXCEPTION 'an entry is of one project and in its currency' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workers_entry_book_answer AFTER INSERT ON workers_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'answer') EXECUTE FUNCTION marginalia_book_answer();
"""
UNBOOK = """
DROP TRIGGER workers_entry_book_answer ON workers_entry; DROP FUNCTION marginalia_book_answer();
DROP TRIGGER workers_entry_book ON workers_entry; DROP FUNCTION marginalia_book(); DROP FUNCTION marginalia_lock_books(bigint);
"""
# An account is opened empty; its balance moves with entries alone (that is, from within their trigger), and it is never closed.
GUARD = """
CREATE FUNCTION marginalia_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('marginalia.testing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    -- A project is deleted as a whole: see annotator/server/append_only.py.
    IF TG_OP = 'DELETE' AND current_setting('marginalia.deleting_project', true) = OLD.project_id::text
        AND EXISTS (SELECT 1 FROM annotator_project WHERE id = OLD.project_id AND archived_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'workers_account: a balance moves with entries of the ledger alone' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workers_account_opened_empty BEFORE INSERT ON workers_account
    FOR EACH ROW WHEN (NEW.balance <> 0) EXECUTE FUNCTION marginalia_account();
CREATE TRIGGER workers_account_booked BEFORE UPDATE ON workers_account FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND
    (NEW.id, NEW.project_id, NEW.name, NEW.phase_id, NEW.batch_id, NEW.balance)
    IS DISTINCT FROM (OLD.id, OLD.project_id, OLD.name, OLD.phase_id, OLD.batch_id, OLD.balance))
    EXECUTE FUNCTION marginalia_account();
CREATE TRIGGER workers_account_kept BEFORE DELETE ON workers_account
    FOR EACH ROW EXECUTE FUNCTION marginalia_account();
CREATE TRIGGER workers_account_kept_truncate BEFORE TRUNCATE ON workers_account
    FOR EACH STATEMENT EXECUTE FUNCTION marginalia_account();
ALTER TABLE workers_account SET (fillfactor = 50);
"""
UNGUARD = """
DROP TRIGGER workers_account_opened_empty ON workers_account; DROP TRIGGER workers_account_booked ON workers_account;
DROP TRIGGER workers_account_kept ON workers_account; DROP TRIGGER workers_account_kept_truncate ON workers_account;
DROP FUNCTION marginalia_account();
"""
CURRENCY = """
CREATE FUNCTION marginalia_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM workers_entry WHERE project_id = NEW.id) THEN
        RAISE EXCEPTION 'the currency of a project stands once money has moved in it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annotator_project_currency BEFORE UPDATE ON annotator_project
    FOR EACH ROW WHEN (NEW.currency IS DISTINCT FROM OLD.currency) EXECUTE FUNCTION marginalia_currency();
"""
UNCURRENCY = "DROP TRIGGER annotator_project_currency ON annotator_project; DROP FUNCTION marginalia_currency();"


class Migration(migrations.Migration):
    """Balances are kept by the database, from the entries; it refuses every other way to change them."""

    dependencies = [("workers", "0001_schema"), ("annotator", "0002_guards")]
    operations = [
        append_only("workers_entry"),
        append_only("workers_gate", "(SELECT project_id FROM workers_phase WHERE id = ($1).phase_id)"),
        migrations.RunSQL(BOOK, UNBOOK),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(CURRENCY, UNCURRENCY),
    ]
