"""Metrics of a running search in the Prometheus text format, served over HTTP."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kubenas.errors import UserError
from kubenas.search.progress import Progress

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True)
class Metric:
    """A metric and its values."""

    name: str
    kind: str
    """``counter`` or ``gauge``."""
    help: str
    values: dict[tuple[str, str] | None, float]
    """Values by label name and label value; None for a metric without labels."""

    def lines(self) -> Iterator[str]:
        """Yields the lines of the text format."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} {self.kind}"
        for label, value in self.values.items():
            labels = f'{{{label[0]}="{label[1].translate(_ESCAPES)}"}}' if label else ""
            yield f"{self.name}{labels} {value}"


def metrics_of(progress: Progress) -> list[Metric]:
    """Converts ``progress`` to metrics. Counters come from the journal and survive a restart."""
    waiting = Counter(each.waiting for each in progress.running if each.waiting)
    trials: dict[tuple[str, str] | None, float] = {
        ("outcome", "completed"): progress.completed,
        ("outcome", "other"): progress.done - progress.completed,
    }
    metrics = [
        Metric("kubenas_trials_total", "counter", "Trials that have ended.", trials),
        Metric(
            "kubenas_attempts_running",
            "gauge",
            "Attempts that have been started and are not waiting.",
            {None: len(progress.running) - waiting.total()},
        ),
        Metric(
            "kubenas_attempts_waiting",
            "gauge",
            "Attempts that wait to be scheduled in the cluster, by reason.",
            {("reason", reason): count for reason, count in waiting.items()},
        ),
        Metric(
            "kubenas_accelerator_seconds_total",
            "counter",
            "Accelerator-seconds of attempts that have ended.",
            {None: progress.gpu_hours * 3600},
        ),
        Metric(
            "kubenas_search_seconds_total",
            "counter",
            "Seconds that the search has run, including earlier controllers.",
            {None: progress.seconds},
        ),
    ]
    if progress.best_score is not None:
        best: dict[tuple[str, str] | None, float] = {None: progress.best_score}
        metrics.append(Metric("kubenas_best_score", "gauge", "The best score so far.", best))
    return metrics


class MetricsPage:
    """The text of the metrics page."""

    def __init__(self) -> None:
        self.text = ""

    def update(self, progress: Progress) -> None:
        """Replaces the page with the metrics of ``progress``."""
        lines = (line for metric in metrics_of(progress) for line in metric.lines())
        self.text = "\n".join(lines) + "\n"


@contextmanager
def serve_metrics(port: int | None) -> Iterator[MetricsPage]:
    """Serves a page at ``/metrics`` on ``port``; with None, the page is not served.

    Raises:
        UserError: The port cannot be opened.
    """
    page = MetricsPage()
    if port is None:
        yield page
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/metrics"
            body = page.text.encode() if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", _TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Logs nothing: a line for each scrape would hide other messages."""

    try:
        server = ThreadingHTTPServer(("", port), Handler)
    except OSError as error:
        raise UserError(f"runner.metrics_port {port}: {error}; choose another port") from error
    with server:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        yield page
        server.shutdown()
