"""Sending the body of a response as fast as the client takes it."""

from typing import TYPE_CHECKING

from annotator.server.spool import ResponseSpool

if TYPE_CHECKING:
    from annotator.server.protocol.connection import Connection


class Transmission:
    """The sending of one body, piece by piece from its spool. A thread reads the pieces that are on disk."""

    def __init__(self, connection: "Connection", spool: ResponseSpool, chunked: bool) -> None:
        self.connection, self.spool, self.chunked = connection, spool, chunked
        self.reading = False  # a thread is reading the next piece from disk
        self.over = False

    def pump(self) -> None:
        """Send what is ready."""
        connection, spool = self.connection, self.spool
        while not self.over and not self.reading and not connection.write_paused and not connection.closed:
            ended = spool.ended  # read this first: later writes cause another call
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
        """Send a piece that was read from disk. None means that it could not be read, and the connection is aborted."""
        self.reading = False
        if self.over or self.connection.closed:
            return
        if piece is None:
            self.connection.transport.abort()
            return
        self._send(piece)
        self.pump()

    def close(self) -> None:
        """Stop sending and release the spool."""
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
            self.connection.transport.abort()  # a truncated response must not look complete
            return
        if self.chunked:
            self.connection.transport.write(b"0\r\n\r\n")
        self.connection.answered()
