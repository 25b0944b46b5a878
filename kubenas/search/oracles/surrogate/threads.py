"""A limit of one BLAS thread for linear algebra on small matrices.

For small matrices, synchronising threads takes longer than the computation, above all on a busy
machine. With several threads, the order of summation and thus the proposals would also depend on
the number of cores.
"""

from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> Any:
    """Returns a context manager that limits BLAS to one thread."""
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller() -> ThreadpoolController:
    """Returns the controller. Finding the loaded libraries is slow, so it is cached."""
    return ThreadpoolController()
