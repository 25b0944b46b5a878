"""The sentence on a search's warm start."""

from kubenas.reporting.formatting import count
from kubenas.reporting.report_input import ReportInput
from kubenas.search.layout import SEARCHES
from kubenas.storage import split


def summarize_warm_start(report: ReportInput) -> str:
    """Returns a clause for the report; empty if no warm start was requested.

    It also says when a warm start or a champion was requested and none was available.
    """
    prior, config = report.prior, report.config.search
    if prior is None:
        return ""
    names = " and ".join(map(_name, prior.sources))
    if prior.alone:
        return f"no search was run: the champion's network from {names} was retrained"
    clauses = ["no champion was available to retrain"] if config.reuse else []
    number = sum(t.proposal.origin == "prior" for t in report.state.trials.values())
    if number:
        best = "best network" if number == 1 else f"{count(number)} best networks"
        clauses.append(f"warm start from the {best} of {names}")
    elif names:
        clauses.append(f"warm start from {names}")
    elif config.warm_start:
        clauses.append("no warm start: no earlier search was found in this output")
    return "; ".join(clauses)


def _name(source: str) -> str:
    folder, name = split(source)
    return f"search {name}" if split(folder)[1] == SEARCHES else name
