"""One call of the application in a thread, and its response passed to the loop."""

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from annotator.server.protocol import Connection
from annotator.server.responses import Headers
from annotator.server.spool import ResponseSpool

if TYPE_CHECKING:
    from annotator.server.worker.server import Server

log = logging.getLogger(__name__)
AT_ONCE = 256 * 1024  # a response up to this size goes to the loop in one piece


class Exchange:
    """One call of the WSGI application, in a thread."""

    def __init__(self, server: "Server", connection: Connection) -> None:
        self.server, self.connection = server, connection
        self.status, self.headers = 500, cast(Headers, [])

    def start_response(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
        """Store status and headers, as PEP 3333 says. The `write` callable is not supported."""
        self.status, self.headers = int(status.split(" ", 1)[0]), headers
        return _no_write

    def run(self, environ: dict[str, Any]) -> None:
        """Call the application and pass on its response: a short one at once, a long one through a spool."""
        soon, connection = self.server.soon, self.connection
        result = self.server.application(environ, self.start_response)
        spool: ResponseSpool | None = None
        parts, size = deque[bytes](), 0
        try:
            for part in result:
                if spool is not None:
                    spool.write(part)
                    continue
                parts.append(part)
                size += len(part)
                if size > AT_ONCE:
                    spool = ResponseSpool(self.server.pool, lambda: soon(connection.more))
                    while parts:
                        spool.write(parts.popleft())
                    soon(connection.begin_response, self.status, self.headers, spool)
            if spool is None:
                soon(connection.begin_response, self.status, self.headers, b"".join(parts))
            else:
                spool.end()
        except BrokenPipeError:
            pass  # the client has gone
        except Exception:
            if spool is None:
                raise
            log.exception("a response was cut short")
            spool.end(failed=True)
        finally:
            if hasattr(result, "close"):
                result.close()


def _no_write(data: bytes) -> None:
    raise NotImplementedError("the write callable of WSGI is not offered")
