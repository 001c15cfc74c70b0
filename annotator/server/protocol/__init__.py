"""One HTTP/1.1 connection as a state machine.

Only this loop waits for clients. Threads see complete requests and never wait for a client.
Each connection has one deadline for what it is doing (`annotator.server.limits`). The worker's sweep closes connections
that have passed theirs.
"""

from annotator.server.protocol.connection import Connection
from annotator.server.protocol.transmission import Transmission

__all__ = ["Connection", "Transmission"]
