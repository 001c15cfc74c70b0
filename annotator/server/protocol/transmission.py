"""The body of a response on its way out, as fast as the client takes it."""

from typing import TYPE_CHECKING

from annotator.server.spool import ResponseSpool

if TYPE_CHECKING:
    from annotator.server.protocol.connection import Connection


class Transmission:
    """One body: what its spool holds goes out piece by piece, those that lie on disk read by a thread."""

    def __init__(self, connection: "Connection", spool: ResponseSpool, chunked: bool) -> None:
        self.connection, self.spool, self.chunked = connection, spool, chunked
        self.reading = False  # a thread reads the next piece from disk
        self.over = False

    def pump(self) -> None:
        """Send what there is."""
        connection, spool = self.connection, self.spool
        while not self.over and not self.reading and not connection.write_paused and not connection.closed:
            ended = spool.ended  # before looking: what is written later comes with another call
            piece = spool.next_piece()
            if piece is None:
                self.reading = True
                connection.server.read_disk(self)
            elif piece:
                self._send(piece)
            elif ended:
                self._end()
            else:
                return

    def disk_read(self, piece: bytes | None) -> None:
        """Send what was read from disk; None where it could not be read."""
        self.reading = False
        if self.over or self.connection.closed:
            return
        if piece is None:
            self.connection.transport.abort()
            return
        self._send(piece)
        self.pump()

    def close(self) -> None:
        """Send no more, and let go of what is left."""
        self.over = True
        self.spool.close()

    def _send(self, piece: bytes) -> None:
        transport = self.connection.transport
        if not piece:
            return
        if self.chunked:
            transport.writelines((f"{len(piece):x}\r\n".encode(), piece, b"\r\n"))
        else:
            transport.write(piece)

    def _end(self) -> None:
        if self.spool.failed:
            self.over = True
            self.connection.transport.abort()  # a response that is cut short must not look whole
            return
        if self.chunked:
            self.connection.transport.write(b"0\r\n\r\n")
        self.connection.answered()
