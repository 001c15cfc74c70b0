"""The worker process: gunicorn's signals and heartbeat around the event loop."""

import asyncio
import logging
import os
import resource
import signal
import sys

from gunicorn.workers.base import Worker

from annotator.server import limits
from annotator.server.worker.server import Server


class WebWorker(Worker):
    """Gunicorn's worker: signals, heartbeat, and the event loop."""

    def init_signals(self) -> None:
        """Set up the signals so that SIGTERM stops the worker in order."""
        super().init_signals()
        signal.set_wakeup_fd(-1)

    def run(self) -> None:
        """Serve until asked to stop, or until the parent process has gone."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = limits.settings().connections + 1024
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        sys.setswitchinterval(0.002)  # the longest time the loop waits for a thread to yield
        asyncio.run(self._serve())
        # A thread that does not end must not keep the process alive.
        logging.shutdown()
        os._exit(0)

    async def _serve(self) -> None:
        listeners = [one.sock for one in self.sockets]
        name = listeners[0].getsockname()
        own = (name[0], name[1]) if isinstance(name, tuple) else ("localhost", 80)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        await Server(self.wsgi, own).serve(listeners, lambda: self.alive and self.ppid == os.getppid(), self.notify)

    def _stop(self) -> None:
        self.alive = False
