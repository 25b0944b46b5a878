"""Waits for what runners and attempts do."""

import time

from kubenas.scheduling.runner import TrialRunner
from kubenas.storage import open_storage
from kubenas.trial import AttemptEvent, AttemptSpec, Result

PATIENCE = 90.0
"""Seconds for anything: a pod on a busy machine, an image that has to be pulled."""


def wait_for(spec: AttemptSpec, name: str, seconds: float = PATIENCE) -> str:
    """What the attempt has written to ``name``, once it has."""
    storage = open_storage(spec.prefix)
    until = time.monotonic() + seconds
    while not storage.exists(name):
        assert time.monotonic() < until, f"{spec.prefix}/{name} did not appear"
        time.sleep(0.02)
    return storage.read(name).decode()


def ended(runner: TrialRunner, count: int = 1, seconds: float = PATIENCE) -> list[AttemptEvent]:
    """The next ``count`` ended events."""
    events: list[AttemptEvent] = []
    until = time.monotonic() + seconds
    while len(events) < count:
        assert time.monotonic() < until, f"only {events} ended"
        events += [event for event in runner.poll(1.0) if event.kind == "ended"]
    return events


def waiting(runner: TrialRunner, words: str, seconds: float = PATIENCE) -> AttemptEvent:
    """The next waiting event whose message has ``words`` in it."""
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
