"""nginx with the configuration of the compose file, before a stand."""

import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stand import ROOT, free_port

MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
    types {{ text/html html; }}
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/marginalia.conf;
}}
"""


@contextmanager
def nginx(folder: Path, web: int) -> Iterator[int]:
    """Start nginx before the web server on a port; yield the port to ask.

    Only the addresses are changed: Docker names `web` and has a resolver, here both are this machine.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert program, "No nginx: install it (Debian: apt-get install nginx-light)."
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text, servers = re.subn(r"server web:8000 resolve;", f"server 127.0.0.1:{web};", text)
    text, ports = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", text)
    text, resolvers = re.subn(r"(?m)^resolver .*$", "", text)
    assert (servers, ports, resolvers) == (1, 1, 1)
    folder.mkdir()
    (folder / "marginalia.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    command = [
        program,
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-g",
        "user root;" if os.geteuid() == 0 else "",
    ]
    process = subprocess.Popen(command, stderr=(folder / "start.log").open("wb"))
    try:
        deadline = time.monotonic() + 15
        while True:
            assert process.poll() is None and time.monotonic() < deadline, (folder / "start.log").read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                break
            except urllib.error.HTTPError as error:
                raise AssertionError(f"nginx answers {error.code}: {(folder / 'error.log').read_text()}") from None
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)
