"""The metrics page in the Prometheus text format."""

import socket
import urllib.error
import urllib.request

import pytest

from kubenas.errors import UserError
from kubenas.search.progress import Progress, RunningAttempt
from kubenas.steps.metrics import serve_metrics

NOW = Progress(
    activity="search",
    done=3,
    total=8,
    completed=2,
    running=(
        RunningAttempt(3, 1, 5.0),
        RunningAttempt(4, 1, 5.0, waiting='0/2 nodes: "gpu"'),
        RunningAttempt(5, 1, 5.0, waiting='0/2 nodes: "gpu"'),
    ),
    best_score=0.5,
    gpu_hours=0.5,
    seconds=60.0,
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def test_metrics_are_served_while_the_step_runs():
    port = free_port()
    address = f"http://localhost:{port}"
    with serve_metrics(port) as collector:
        collector.update(NOW)
        with urllib.request.urlopen(f"{address}/metrics", timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert {name: float(value) for name, value in values.items()} == {
        'kubenas_trials_total{outcome="completed"}': 2,
        'kubenas_trials_total{outcome="other"}': 1,
        "kubenas_attempts_running": 1,
        r'kubenas_attempts_waiting{reason="0/2 nodes: \"gpu\""}': 2,
        "kubenas_accelerator_seconds_total": 1800,
        "kubenas_search_seconds_total": 60,
        "kubenas_best_score": 0.5,
    }
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/metrics", timeout=5)


def test_port_in_use_is_an_error():
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"metrics_port {port}"), serve_metrics(port):
            pass
