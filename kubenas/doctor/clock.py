"""Whether this machine's clock and the store's agree, by the Date of an HTTP answer (RFC 9110)."""

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
    """The clock against that of the store at ``uri``.

    Raises:
        UserError: the environment has no sound endpoint.
    """
    url = store_url(uri, os.environ)
    if url is None:
        return ok("clock", "not compared: the output is on this machine")
    before = time.time()
    date = _date_of(url)
    if date is None:
        return ok("clock", f"not compared: {url} does not say what time it is")
    return assess_clock((before + time.time()) / 2 - date)


def assess_clock(ahead: float) -> Finding:
    """``ahead``: seconds by which this machine's clock is ahead of the store's."""
    # The store's answer has whole seconds.
    message = (
        f"this machine is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the store"
    )
    if abs(ahead) <= _TOLERATED_SECONDS:
        return ok("clock", message)
    return problem(
        "clock", f"{message}; set its clock, for example with 'timedatectl set-ntp true'"
    )


def store_url(uri: str, environment: Mapping[str, str]) -> str | None:
    """Where the store at ``uri`` answers HTTP; None for a directory."""
    scheme, separator, _ = uri.partition("://")
    if not separator:
        return None
    if scheme == "gs":
        return environment.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"
    return s3_environment(scheme, environment).endpoint or "https://s3.amazonaws.com"


def _date_of(url: str) -> float | None:
    """Unix time that the server says it is; None if it says nothing."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - a store's own endpoint
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as refusal:  # an answer all the same
        date = refusal.headers.get("Date")
    except OSError:
        return None
    return None if date is None else parsedate_to_datetime(date).timestamp()
