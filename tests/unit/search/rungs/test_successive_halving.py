"""Successive halving without a search: promotions, and observations of the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.search.journal.records import Ended, OracleEvent, Proposed
from kubenas.search.rungs.observations import MIN_SCORES, merge_promotions
from kubenas.search.rungs.scale import RungScale
from kubenas.search.rungs.successive_halving import Promotion, SuccessiveHalving, rung_epochs
from kubenas.trial import FailureClass, Outcome

DIRECTIONS = st.sampled_from(["max", "min"])


@pytest.mark.parametrize(
    ("epochs", "eta", "least", "rungs"),
    [
        (27, 3, 1, (1, 3, 9, 27)),
        (27, 3, 2, (3, 9, 27)),
        (15, 3, 1, (2, 5, 15)),
        (8, 4, 1, (2, 8)),
        (8, 4, 3, (8,)),
        (2, 2, 1, (1, 2)),
    ],
)
def test_the_last_rung_has_all_epochs(epochs, eta, least, rungs):
    assert rung_epochs(epochs, eta=eta, least=least) == rungs


@given(st.integers(1, 500), st.integers(2, 16), st.integers(1, 20))
def test_rungs_ascend(epochs, eta, least):
    rungs = rung_epochs(epochs, eta=eta, least=least)
    assert rungs[-1] == epochs
    assert list(rungs) == sorted(set(rungs))
    assert all(rung >= min(least, epochs) for rung in rungs)


@given(
    st.integers(2, 4),
    DIRECTIONS,
    st.lists(st.tuples(st.floats(-1, 1), st.booleans(), st.integers(0, 3)), max_size=80),
)
def test_at_most_one_in_eta_is_promoted_once_and_from_the_best(eta, direction, moves):
    """Trials end in any order and at any time, and some fail."""
    halving = SuccessiveHalving(3, eta=eta, direction=direction)
    scores: list[dict[int, float]] = [{}, {}, {}]
    promoted: list[set[int]] = [set(), set()]
    running: list[tuple[int, int]] = []
    calls: list[tuple[object, ...]] = []
    for network, (score, fails, which) in enumerate(moves):
        promotion = halving.next_promotion()
        assert promotion == halving.next_promotion()  # asking changes nothing
        if promotion is None:
            running.append((network, 0))
        else:
            below = promotion.rung - 1
            order = sorted(scores[below].values(), reverse=direction == "max")
            place = order.index(scores[below][promotion.network])
            assert promotion.network not in promoted[below]
            assert place < len(order) // eta
            promoted[below].add(promotion.network)
            halving.mark_promoted(promotion)
            calls.append(("mark_promoted", promotion))
            running.append((promotion.network, promotion.rung))
        ended, rung = running.pop(which % len(running))
        if not fails:
            scores[rung][ended] = score
            halving.add_score(ended, rung, score)
            calls.append(("add_score", ended, rung, score))
        assert all(len(promoted[k]) <= len(scores[k]) // eta for k in (0, 1))
    again = SuccessiveHalving(3, eta=eta, direction=direction)
    for name, *arguments in calls:
        getattr(again, str(name))(*arguments)
    assert again.next_promotion() == halving.next_promotion()


def test_the_highest_rung_is_promoted_first():
    halving = SuccessiveHalving(3, eta=2, direction="max")
    for network in range(8):
        halving.add_score(network, 0, float(network))
    assert halving.next_promotion() == Promotion(7, 1)
    for network in (7, 6):
        halving.mark_promoted(Promotion(network, 1))
        halving.add_score(network, 1, -float(network))
    assert halving.next_promotion() == Promotion(6, 2)
    halving.mark_promoted(Promotion(6, 2))
    assert halving.next_promotion() == Promotion(5, 1)


RUNGS = (1, 3, 9)


def proposed(trial: int, parent: int | None = None, rung: int = 0) -> Proposed:
    values = {"x": trial if parent is None else parent}
    return Proposed(
        at=0, trial=trial, values=values, oracle_trial="", epochs=RUNGS[rung], parent=parent
    )


def ended(trial: int, score: float | None) -> Ended:
    if score is None:
        failed = {"outcome": Outcome.INFEASIBLE, "failure": FailureClass.NAN}
        return Ended(at=0, trial=trial, attempt=1, **failed)
    return Ended(at=0, trial=trial, attempt=1, outcome=Outcome.COMPLETED, score=score)


def climbing(networks: int, promoted: int) -> list[OracleEvent]:
    """Scores on the second rung are a tenth of those on the first, in the same order."""
    records: list[OracleEvent] = []
    for trial in range(networks):
        records += [proposed(trial), ended(trial, float(trial))]
    for place in range(promoted):
        parent = networks - 1 - place
        records += [proposed(networks + place, parent, 1), ended(networks + place, parent / 10)]
    return records


def scores_told(records: list[OracleEvent]) -> dict[int, float | None]:
    return {record.trial: record.score for record in records if isinstance(record, Ended)}


def test_the_oracle_learns_from_the_lowest_rung_until_a_higher_one_has_enough_scores():
    told = merge_promotions(climbing(40, MIN_SCORES - 1), RUNGS, "max")
    assert scores_told(told) == {trial: float(trial) for trial in range(40)}


@pytest.mark.parametrize("direction", ["max", "min"])
def test_scores_of_lower_rungs_are_imputed_on_the_learning_rung(direction):
    scores = scores_told(merge_promotions(climbing(40, 20), RUNGS, direction))
    up = {trial: trial / 10 for trial in range(20, 40)}
    assert {trial: scores[trial] for trial in up} == up
    behind = [scores[trial] for trial in range(20)]
    slope = (20 * 0.1 + 3) / (20 + 3)  # of twenty pairs, and three that say that differences last
    line = [2.95 + slope * (trial - 29.5) for trial in range(20)]
    assert behind == pytest.approx(
        [max(each, 2.0) if direction == "min" else each for each in line]
    )


SCORES = st.floats(-1, 1) | st.floats(-1e200, 1e200)


@given(st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=30))
def test_imputation_keeps_the_order_of_a_lower_rung(pairs):
    scale = RungScale.of(pairs)
    assert scale(-1.0) <= scale(0.0) <= scale(1.0)


def test_equal_scores_on_the_lower_rung_give_a_slope_of_one():
    assert RungScale.of([(0.5, 0.7), (0.5, 0.9)])(0.4) == pytest.approx(0.7)


def test_a_promoted_network_is_in_flight_and_its_failure_counts():
    records = climbing(40, MIN_SCORES)
    records += [proposed(50, 29, 1), proposed(51, 28, 1), ended(51, None)]
    told = merge_promotions(records, RUNGS, "max")
    ends = {record.trial: record for record in told if isinstance(record, Ended)}
    assert 29 not in ends
    assert ends[28].outcome == Outcome.INFEASIBLE
    assert {record.trial for record in told} == set(range(40))


@given(st.lists(st.tuples(st.integers(0, 2), st.none() | st.floats(-1, 1)), max_size=40))
def test_a_network_is_reported_once(steps):
    records: list[OracleEvent] = []
    latest: dict[int, tuple[int, int]] = {}
    for number, (move, score) in enumerate(steps):
        if move == 0 or not latest:
            records.append(proposed(number))
            latest[number] = (number, 0)
            root = number
        else:
            root = next(iter(latest))
            parent, rung = latest.pop(root)
            records.append(proposed(number, parent, rung + 1))
            latest[root] = (number, rung + 1)
        records.append(ended(number, score))
        if score is None or latest[root][1] == 2:
            latest.pop(root)
    told = merge_promotions(records, RUNGS, "max")
    roots = [r.trial for r in records if isinstance(r, Proposed) and r.parent is None]
    assert [r.trial for r in told if isinstance(r, Proposed)] == roots
    assert [r.trial for r in told if isinstance(r, Ended)] == roots
