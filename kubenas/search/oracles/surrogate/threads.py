"""One thread for linear algebra on small matrices, where more only wait for each other.

The threads that the library starts by itself wait longer for each other than a small product takes,
above all on a busy machine. And sums in another order are other proposals: with one thread they do
not depend on how many cores there are.
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
