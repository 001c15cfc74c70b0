"""The process that serves the web: gunicorn's worker with a loop for the connections and threads for Django.

Gunicorn starts, watches and stops these processes. Its own workers let a thread wait for each slow client, so a handful of
them stops everything; here only complete requests reach a thread.
"""

from annotator.server.worker.process import WebWorker
from annotator.server.worker.server import Server

__all__ = ["Server", "WebWorker"]
