"""What a search began with, in words."""

from kubenas.reporting.formatting import count
from kubenas.reporting.report_input import ReportInput
from kubenas.search.layout import SEARCHES
from kubenas.storage import split


def summarize_warm_start(report: ReportInput) -> str:
    """A clause for the sentence on the search; empty: it was to begin with nothing.

    Whoever asked for a warm start or for the champion must see when there was none.
    """
    prior, config = report.prior, report.config.search
    if prior is None:
        return ""
    names = " and ".join(map(_name, prior.sources))
    if prior.alone:
        return f"in place of a search, the champion's network, of {names}, was trained again"
    clauses = ["there was no champion yet to train again"] if config.reuse else []
    number = sum(t.proposal.origin == "prior" for t in report.state.trials.values())
    if number:
        best = "best network" if number == 1 else f"{count(number)} best networks"
        clauses.append(f"it began with the {best} of {names}")
    elif names:
        clauses.append(f"it was to begin with what is known from {names}")
    elif config.warm_start:
        clauses.append("it began cold, for there was no earlier search here")
    return "; ".join(clauses)


def _name(source: str) -> str:
    folder, name = split(source)
    return f"search {name}" if split(folder)[1] == SEARCHES else name
