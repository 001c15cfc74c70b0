"""A Redis server of the tests' own."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.stand import free_port


def _start(port: int) -> "subprocess.Popen[bytes]":
    program = shutil.which("redis-server")
    assert program, "No redis-server: install it (Debian: apt-get install redis-server)."
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    return process


@contextmanager
def restartable_redis() -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the address of a fresh Redis that keeps nothing, and a function that kills it and starts an empty one in its
    place.
    """
    port = free_port()
    running = [_start(port)]

    def restart() -> None:
        running[-1].kill()
        running[-1].wait(10)
        running.append(_start(port))

    try:
        yield f"redis://127.0.0.1:{port}/0", restart
    finally:
        running[-1].terminate()
        running[-1].wait(10)


@contextmanager
def redis_server() -> Iterator[str]:
    """Yield the address of a fresh Redis that keeps nothing."""
    with restartable_redis() as (address, _):
        yield address
