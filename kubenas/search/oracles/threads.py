"""One thread for linear algebra on small matrices, where more only wait for each other.

On a busy machine with two cores, a training step of an ensemble took 28 times as long with the two
threads that the library starts by itself. And sums in another order are other proposals: with one
thread they do not depend on how many cores there are.
"""

from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> Any:
    """A context in which BLAS keeps to the thread that calls it."""
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller() -> ThreadpoolController:
    """Looks through the libraries that are loaded, which takes longer than the limit."""
    return ThreadpoolController()
