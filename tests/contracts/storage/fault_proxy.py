"""An HTTP proxy in front of an object store's server that injects network faults."""

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "expect"}
_SLOW_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """A response of the server."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class FaultProxy:
    """Forwards requests to ``target``. ``inject`` adds faults to the next requests."""

    target: str
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """The methods of all requests so far."""
    _faults: list["Fault"] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, fault: "Fault", *, times: int = 1) -> None:
        self._faults[:] = [fault] * times

    def heal(self) -> None:
        self._faults.clear()

    def next_fault(self, method: str) -> "Fault | None":
        with self._lock:
            self.seen.append(method)
            return self._faults.pop() if self._faults else None


class Exchange(BaseHTTPRequestHandler):
    """A connection of a client. A fault is a function that handles it."""

    protocol_version = "HTTP/1.1"
    proxy: FaultProxy
    body: bytes

    def handle_any(self) -> None:
        self.body = self._received()
        fault = self.proxy.next_fault(self.command)
        try:
            (fault or pass_on)(self)
        except (ConnectionError, BrokenPipeError):
            self.close_connection = True  # the client has closed the connection

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

    def log_message(self, *_: object) -> None: ...

    def forward(self) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.proxy.target).netloc, timeout=60)
        headers = {
            k: v for k, v in self.headers.items() if k.lower() not in {*_HOP_BY_HOP, "expect"}
        }
        if self.command in {"PUT", "POST"}:
            headers["Content-Length"] = str(len(self.body))
        connection.request(self.command, self.path, body=self.body, headers=headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        connection.close()
        return answer

    def forward_half(self) -> None:
        """Sends half of the request's body to the server, then closes the connection."""
        address = urlsplit(self.proxy.target)
        assert address.hostname is not None
        with socket.create_connection((address.hostname, address.port or 80)) as server:
            server.sendall(f"{self.command} {self.path} HTTP/1.1\r\n".encode())
            for name, value in self._end_to_end().items():
                server.sendall(f"{name}: {value}\r\n".encode())
            server.sendall(f"Content-Length: {len(self.body)}\r\n\r\n".encode())
            server.sendall(self.body[: len(self.body) // 2])

    def reply(self, answer: Answer, *, body: bytes | None = None) -> None:
        """Sends ``answer``. With ``body``, sends that instead of the announced content."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value.replace(self.proxy.target, self.proxy.url))
        length = {name.lower(): value for name, value in answer.headers}.get("content-length")
        whole = len(answer.body) if self.command != "HEAD" else int(length or 0)
        self.send_header("Content-Length", str(whole))
        self.end_headers()
        self.wfile.write(answer.body if body is None else body)

    def hang_up(self) -> None:
        """Resets the connection without an orderly shutdown."""
        linger_not = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        self.close_connection = True

    def _end_to_end(self) -> dict[str, str]:
        """The end-to-end headers of the request, without the hop-by-hop headers."""
        kept = self.headers.items()
        return {name: value for name, value in kept if name.lower() not in _HOP_BY_HOP}

    def _received(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)


Fault = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    exchange.reply(exchange.forward())


def reset(exchange: Exchange) -> None:
    """Resets the connection before the request reaches the server."""
    exchange.hang_up()


def too_many(exchange: Exchange) -> None:
    exchange.reply(Answer(429, [("Retry-After", "0")], b""))


def unavailable(exchange: Exchange) -> None:
    exchange.reply(Answer(503, [], b""))


def slow(exchange: Exchange) -> None:
    time.sleep(_SLOW_SECONDS)
    pass_on(exchange)


def cut_request(exchange: Exchange) -> None:
    """Resets the connection during the request."""
    exchange.forward_half()
    exchange.hang_up()


def cut_answer(exchange: Exchange) -> None:
    """Resets the connection during the body of the response."""
    answer = exchange.forward()
    exchange.reply(answer, body=answer.body[: len(answer.body) // 2])
    exchange.hang_up()


def corrupt_answer(exchange: Exchange) -> None:
    """Flips a bit in the body of the response."""
    answer = exchange.forward()
    exchange.reply(answer, body=answer.body[:-1] + bytes([answer.body[-1] ^ 1]))


def lost_answer(exchange: Exchange) -> None:
    """The server handles the request, but the response is lost."""
    exchange.forward()
    exchange.hang_up()


def refuse(status: int, body: bytes) -> Fault:
    """Returns a fault that answers with this status and body."""
    return lambda exchange: exchange.reply(
        Answer(status, [("Content-Type", "application/xml")], body)
    )


@contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    """Runs a proxy in front of the server at the URL ``target``."""
    proxy = FaultProxy(target)
    handler = type("Handler", (Exchange,), {"proxy": proxy})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            serving.join()
