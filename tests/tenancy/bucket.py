"""An S3-compatible store as small as it can be: one bucket, whole objects, kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

BUCKET = "tidu-files"


class Store(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.signed: list[str] = []
        self.broken = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Store
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _key(self) -> str:
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        assert bucket == BUCKET, bucket
        self.server.signed.append(self.headers.get("Authorization", ""))
        return key

    def _answer(self, status: int, body: bytes = b"", whole: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if whole is None else whole))
        if status in (200, 206):
            self.send_header("ETag", '"x"')
            self.send_header("Last-Modified", "Fri, 27 Nov 2026 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _kept(self) -> None:
        key = self._key()
        if self.server.broken:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
        elif key in self.server.objects:
            self._answer(200, self.server.objects[key], len(self.server.objects[key]))
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_GET = do_HEAD = _kept

    def do_PUT(self) -> None:
        key, body = self._key(), self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.broken:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
        else:
            self.server.objects[key] = body
            self._answer(200)

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._key(), None)
        self._answer(204)


@contextmanager
def running() -> Iterator[Store]:
    server = Store()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
