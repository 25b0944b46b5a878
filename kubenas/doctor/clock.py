"""Comparison of this machine's clock with the store's, from the HTTP Date header (RFC 9110)."""

import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.storage.s3 import s3_environment

_TOLERATED_SECONDS = 30.0
_TIMEOUT_SECONDS = 10.0


def check_clock(uri: str) -> Finding:
    """Compares this machine's clock with that of the store at ``uri``.

    Raises:
        UserError: the environment has an invalid endpoint.
    """
    url = store_url(uri, os.environ)
    if url is None:
        return ok("clock", "not compared: the output is on this machine")
    before = time.time()
    date = _date_of(url)
    if date is None:
        return ok("clock", f"not compared: {url} does not send a Date header")
    return assess_clock((before + time.time()) / 2 - date)


def assess_clock(ahead: float) -> Finding:
    """Assesses a clock that is ``ahead`` seconds ahead of the store's; negative: behind."""
    # The Date header has whole seconds.
    message = (
        f"this machine is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the store"
    )
    if abs(ahead) <= _TOLERATED_SECONDS:
        return ok("clock", message)
    return problem(
        "clock", f"{message}; synchronise the clock, for example with 'timedatectl set-ntp true'"
    )


def store_url(uri: str, environment: Mapping[str, str]) -> str | None:
    """Returns the HTTP endpoint of the store at ``uri``; None for a directory."""
    scheme, separator, _ = uri.partition("://")
    if not separator:
        return None
    if scheme == "gs":
        return environment.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"
    return s3_environment(scheme, environment).endpoint or "https://s3.amazonaws.com"


def _date_of(url: str) -> float | None:
    """Returns the server's time as Unix time; None if it does not answer with a Date."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - a store's own endpoint
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as refusal:  # errors have a Date header, too
        date = refusal.headers.get("Date")
    except OSError:
        return None
    return None if date is None else parsedate_to_datetime(date).timestamp()
