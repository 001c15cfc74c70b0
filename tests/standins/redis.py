"""A Redis server of the tests' own."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.stand import free_port


@contextmanager
def redis_server() -> Iterator[str]:
    """Yield the address of a fresh Redis that keeps nothing."""
    program = shutil.which("redis-server")
    assert program, "No redis-server: install it (Debian: apt-get install redis-server)."
    port = free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
