"""Helpers that wait for events of runners and files of attempts."""

import time

from kubenas.scheduling.runner import TrialRunner
from kubenas.storage import open_storage
from kubenas.trial import AttemptEvent, AttemptSpec, Result

PATIENCE = 90.0
"""Timeout in seconds, including image pulls and the start of a pod on a busy machine."""


def wait_for(spec: AttemptSpec, name: str, seconds: float = PATIENCE) -> str:
    """Waits until the attempt has written ``name`` and returns the content."""
    storage = open_storage(spec.prefix)
    until = time.monotonic() + seconds
    while not storage.exists(name):
        assert time.monotonic() < until, f"{spec.prefix}/{name} did not appear"
        time.sleep(0.02)
    return storage.read(name).decode()


def ended(runner: TrialRunner, count: int = 1, seconds: float = PATIENCE) -> list[AttemptEvent]:
    """Returns the next ``count`` ended events."""
    events: list[AttemptEvent] = []
    until = time.monotonic() + seconds
    while len(events) < count:
        assert time.monotonic() < until, f"only {events} ended"
        events += [event for event in runner.poll(1.0) if event.kind == "ended"]
    return events


def waiting(runner: TrialRunner, words: str, seconds: float = PATIENCE) -> AttemptEvent:
    """Returns the next waiting event whose message contains ``words``."""
    heard: list[AttemptEvent] = []
    until = time.monotonic() + seconds
    while True:
        assert time.monotonic() < until, f"heard only {heard}"
        for event in runner.poll(1.0):
            if event.kind == "waiting" and words in event.message:
                return event
            heard.append(event)


def result_of(spec: AttemptSpec) -> Result:
    return Result.from_json(open_storage(spec.prefix).read("result.json"))
