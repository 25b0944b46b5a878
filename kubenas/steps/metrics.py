"""Prometheus metrics of a search, served while its step runs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kubenas.errors import UserError
from kubenas.search.progress import Progress


def metrics_of(progress: Progress) -> list[Metric]:
    """Metrics of ``progress``. Counters start from the journal: a restart does not reset them."""
    waiting = Counter(each.waiting for each in progress.running if each.waiting)
    trials = CounterMetricFamily("kubenas_trials", "Trials that have ended.", labels=["outcome"])
    trials.add_metric(["completed"], progress.completed)
    trials.add_metric(["other"], progress.done - progress.completed)
    waits = GaugeMetricFamily(
        "kubenas_attempts_waiting", "Attempts that wait to be scheduled.", labels=["reason"]
    )
    for reason, count in waiting.items():
        waits.add_metric([reason], count)
    metrics = [
        trials,
        GaugeMetricFamily(
            "kubenas_attempts_running",
            "Attempts that run.",
            value=len(progress.running) - waiting.total(),
        ),
        waits,
        CounterMetricFamily(
            "kubenas_accelerator_seconds",
            "Accelerator seconds used by attempts that have ended.",
            value=progress.gpu_hours * 3600,
        ),
        CounterMetricFamily(
            "kubenas_search_seconds",
            "Seconds that controllers of the search have run.",
            value=progress.seconds,
        ),
    ]
    if progress.best_score is not None:
        metrics.append(
            GaugeMetricFamily("kubenas_best_score", "Best score.", value=progress.best_score)
        )
    return metrics


class SearchCollector(Collector):
    """Collects the metrics of the latest progress."""

    def __init__(self) -> None:
        self._metrics: list[Metric] = []

    def update(self, progress: Progress) -> None:
        """Replaces the metrics by those of ``progress``."""
        self._metrics = metrics_of(progress)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


@contextmanager
def serve_metrics(port: int | None) -> Iterator[SearchCollector]:
    """Serves metrics at ``/metrics`` of ``port`` while entered. ``None``: they are not served.

    Raises:
        UserError: the port is not available.
    """
    collector = SearchCollector()
    if port is None:
        yield collector
        return
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(port, registry=registry)
    except OSError as error:
        raise UserError(f"runner.metrics_port {port}: {error}; give another port") from error
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
