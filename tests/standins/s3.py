"""An S3 server, in a thread: moto's, which keeps If-Match and If-None-Match."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def s3_server(bucket: str, address: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Yields its URL, with an empty bucket of this name."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address=address, port=port, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket=bucket)
        yield url
    finally:
        server.stop()
