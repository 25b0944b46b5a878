"""Sample requests to a real HTTP server with correct and incorrect responses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from kubenas.errors import UserError
from kubenas.serving.kserve.sample_check import (
    NoPredictions,
    Sample,
    read_sample,
    request_predictions,
)
from kubenas.storage.directory import DirectoryStorage
from kubenas.training.sample_request import SampleAnswer, SampleRequest

RIGHT = [[0.25, 0.75], [0.5, 0.5]]


class Server(ThreadingHTTPServer):
    status = 200
    answer: Any = {"predictions": RIGHT}
    asked: tuple[str, Any] = ("", None)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked = (self.path, json.loads(body))
        answer = self.server.answer
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def sample(tmp_path: Any) -> Sample:
    export = DirectoryStorage(tmp_path)
    export.write("sample_request.json", SampleRequest(instances=([[1]], [[2]])).to_json())
    answer = SampleAnswer(predictions=tuple(map(tuple, RIGHT)), labels=("b", "a"), tolerance=1e-4)
    export.write("sample_answer.json", answer.to_json())
    return read_sample(export, None)


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_sample_is_sent_with_the_v1_protocol(server: Server, sample: Sample) -> None:
    answer = request_predictions(url(server), "digits", sample)
    assert server.asked == ("/v1/models/digits:predict", {"instances": [[[1]], [[2]]]})
    assert not isinstance(answer, NoPredictions)
    assert sample.agree(answer, sample.expected)


@pytest.mark.parametrize(
    "wrong", [[[0.25, 0.7502], [0.5, 0.5]], [[0.25, 0.75]], [[float("nan"), 0.75], [0.5, 0.5]]]
)
def test_different_answer_does_not_agree(server: Server, sample: Sample, wrong: Any) -> None:
    server.answer = {"predictions": wrong}
    answer = request_predictions(url(server), "digits", sample)
    assert not isinstance(answer, NoPredictions)
    assert not sample.agree(answer, sample.expected)


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (503, b"no  healthy\nupstream", "responded with HTTP 503: no healthy upstream"),
        (200, b"<html>", "without predictions"),
        (200, {"error": "no model"}, "without predictions"),
        (200, {"predictions": ["cat"]}, "without predictions"),
        (200, {"predictions": []}, "of shape"),
    ],
)
def test_response_without_predictions(
    server: Server, sample: Sample, status: int, answer: Any, why: str
) -> None:
    server.status, server.answer = status, answer
    given = request_predictions(url(server), "digits", sample)
    assert isinstance(given, NoPredictions)
    assert why in given.reason


def test_unreachable_server(server: Server, sample: Sample) -> None:
    given = request_predictions("http://127.0.0.1:1", "digits", sample)
    assert isinstance(given, NoPredictions)
    assert "cannot be reached" in given.reason


def test_missing_sample_is_a_user_error(tmp_path: Any) -> None:
    with pytest.raises(UserError, match="run the pipeline again"):
        read_sample(DirectoryStorage(tmp_path), None)


def test_tolerance_can_be_increased(tmp_path: Any, sample: Sample) -> None:
    assert sample.tolerance == 1e-4
    wider = read_sample(DirectoryStorage(tmp_path), 0.01)
    assert wider.agree(sample.expected + 0.005, sample.expected)
    assert np.array_equal(wider.expected, np.asarray(RIGHT))
