"""`manage.py up`: start the whole product on one machine, with the sample projects at the first start."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections, connection

from annotator.jobs import heard
from annotator.server import home, postgres, supervisor
from annotator.server.prepare import FromBefore, prepare


class Command(BaseCommand):
    """Run database, web server and workers until Ctrl-C."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the address and the sample."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-sample", action="store_true", help="do not build the sample projects")
        parser.add_argument(
            "--gpu-workers", type=int, default=1, help="Celery workers for training, one per graphics card"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start everything, and wait until it is stopped."""
        host, port = options["host"], options["port"]
        address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
        held = home.lock("up")
        if held is None:
            raise CommandError(f"Marginalia already runs on this folder's data (port {home.note('up').get('port')}).")
        try:
            supervisor.check_port(host, port)
            postgres.check_version()
        except (supervisor.Problem, postgres.DatabaseProblem) as problem:
            if postgres.embedded():
                postgres.stop()
            raise CommandError(str(problem)) from None
        home.write_note("up", {"pid": os.getpid(), "port": port})
        stop = supervisor.Stop()
        children = [
            supervisor.web(host, port),
            supervisor.worker("housekeeping", "-B", "-s", settings.CELERY_BEAT_SCHEDULE_FILENAME, threads=3),
            *[supervisor.worker("default", number=number) for number in (1, 2)],
            *[supervisor.worker("gpu", number=number + 1) for number in range(options["gpu_workers"])],
        ]
        try:
            prepare(self._tell)
            for child in children:
                child.start()
            self._wait_for(address, children[0], stop)
            self._tell(f"Marginalia runs at {address}/  (Ctrl-C stops it)")
            sample = None if options["no_sample"] else self._sample(address)
            if sample is None and not options["no_sample"]:
                self._tell("Sign in as before; `.venv/bin/python manage.py newpassword NAME` makes a new password.")
            supervisor.supervise(children, stop, self._silent)
        except FromBefore as problem:
            raise CommandError(str(problem)) from None
        finally:
            self._tell("\nStopping …")
            connection.close()
            supervisor.stop_all([*children, *self._sample_children])

    _sample_children: list[supervisor.Child] = []

    def _silent(self, queue: str) -> bool:
        close_old_connections()  # the database may have been started again
        return heard.silent(queue)

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _wait_for(self, address: str, web: supervisor.Child, stop: supervisor.Stop) -> None:
        deadline = time.monotonic() + 60
        while not stop.asked:
            try:
                urllib.request.urlopen(f"{address}/sign-in/", timeout=5)  # noqa: S310
                return
            except (urllib.error.URLError, OSError):
                if (web.process and web.process.poll() is not None) or time.monotonic() > deadline:
                    raise CommandError(
                        f"the web server did not start; see {home.home() / 'logs' / 'web.log'}"
                    ) from None
                time.sleep(0.1)

    def _sample(self, address: str) -> "subprocess.Popen[bytes] | None":
        from workers.sample import build

        done = build.finished()
        connection.close()
        if done:
            return None
        process = subprocess.Popen(
            [sys.executable, "manage.py", "sample", "--url", address], cwd=home.ROOT, start_new_session=True
        )
        self._sample_children.append(supervisor.Child("sample", [], process=process))
        return process
