"""An S3 server of the tests' own (moto's)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tests.stand import free_port


@contextmanager
def s3_server(bucket: str) -> Iterator[dict[str, str]]:
    """Yield the environment under which boto3 finds the server, with a bucket in it."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line a request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        client(environment).create_bucket(Bucket=bucket)
        yield environment
    finally:
        server.stop()


def client(environment: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
