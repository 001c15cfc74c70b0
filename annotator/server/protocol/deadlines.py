"""Deadlines of a connection: whether it is overdue, and how readily it is closed to make room."""

from annotator.server import limits
from annotator.server.protocol.connection import Connection


def overdue(connection: Connection, now: float) -> bool:
    """Check whether the client has taken longer than it may for what it must do next."""
    unsent = connection.transport.get_write_buffer_size()
    if unsent != connection.unsent:
        connection.unsent, connection.last_write = unsent, now
    if unsent and now - connection.last_write > limits.WRITE_IDLE_SECONDS:
        return True
    if connection.lingering:
        return now - connection.since > limits.LINGER_SECONDS or now - connection.last_read > limits.LINGER_IDLE_SECONDS
    if connection.handling or connection.gating or connection.flushing or connection.response is not None:
        return False
    request = connection.parser.reading
    if request is None:
        idle = limits.KEEP_ALIVE_SECONDS if connection.requests_done else limits.FIRST_BYTE_SECONDS
        return not connection.requests and now - connection.since > idle
    passed = now - request.began
    if not request.head_done:
        return passed > limits.HEAD_SECONDS
    if now - connection.last_read > limits.BODY_IDLE_SECONDS:
        return True
    return passed > limits.BODY_GRACE_SECONDS and request.body.size / passed < limits.BODY_BYTES_A_SECOND


def expendable(connection: Connection) -> int:
    """Return how readily a connection is closed to make room: 0 is never, higher numbers are closed sooner."""
    request = connection.parser.reading
    if connection.lingering or (request is not None and not request.head_done):
        return 4
    if request is None and not connection.requests:
        return 3 if connection.requests_done == 0 else 2
    if request is not None and not connection.handling and not connection.gating and not connection.flushing:
        return 1
    return 1 if connection.response is not None and connection.write_paused and connection.unsent else 0
