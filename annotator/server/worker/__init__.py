"""The web server process: a gunicorn worker with an event loop for connections and threads for Django.

Gunicorn starts, watches and stops these processes. In gunicorn's own workers, a thread waits for each slow client, so a
few slow clients block everything. Here only complete requests reach a thread.
"""

from annotator.server.worker.process import WebWorker
from annotator.server.worker.server import Server

__all__ = ["Server", "WebWorker"]
