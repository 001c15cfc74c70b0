"""One HTTP/1.1 connection: what it is doing, and what comes next.

Only this loop waits for clients; threads see complete requests and never wait for a client.
Each connection has one deadline for what it is doing (`annotator.server.limits`); the worker's sweep, once a second, closes
those that have passed theirs.
"""

from annotator.server.protocol.connection import Connection
from annotator.server.protocol.transmission import Transmission

__all__ = ["Connection", "Transmission"]
