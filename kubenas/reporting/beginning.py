"""What a search began with, in words."""

from kubenas.reporting.quantities import count
from kubenas.reporting.report_input import ReportInput
from kubenas.search.layout import SEARCHES
from kubenas.storage import split


def beginning(report: ReportInput) -> str:
    """A clause for the sentence on the search; empty: it was to begin with nothing.

    Whoever asked for a warm start must see when it was none.
    """
    if report.prior_sources is None:
        return ""
    if not report.prior_sources:
        return "it began cold, for there was no earlier search here"
    names = " and ".join(map(_name, report.prior_sources))
    number = sum(t.proposal.origin == "prior" for t in report.state.trials.values())
    if not number:
        return f"it was to begin with what is known from {names}"
    best = "best network" if number == 1 else f"{count(number)} best networks"
    return f"it began with the {best} of {names}"


def _name(source: str) -> str:
    folder, name = split(source)
    return f"search {name}" if split(folder)[1] == SEARCHES else name
