"""The search step of benchmarks/scaling/scale.py, which reports its usage every N trials.

    python benchmarks/scaling/controller.py CONTEXT.json N

Each report is a JSON line on stdout: ended trials, resident MiB, CPU seconds and API calls.
"""

import json
import resource
import sys
import time
from pathlib import Path

from kubenas.scheduling.kubernetes.runner import KubernetesRunner
from kubenas.search.progress import Progress
from kubenas.search.run import run_search
from kubenas.steps.process.parent_watch import interrupt_on_sigterm
from kubenas.steps.process.status import StatusWriter
from kubenas.steps.search import progress_reporter
from kubenas.steps.setup.context import RunContext
from kubenas.steps.setup.runners import trial_runner


def run(context: RunContext, every: int) -> None:
    tell_status = progress_reporter(
        StatusWriter(context.output, "search", search=context.search_id)
    )
    with trial_runner(context, step="search") as runner:
        assert isinstance(runner, KubernetesRunner)
        told = -1

        def tell(progress: Progress) -> None:
            nonlocal told
            tell_status(progress)
            if progress.done // every != told or progress.done == progress.total:
                told = progress.done // every
                print(json.dumps(usage(progress.done, runner)), flush=True)

        run_search(
            context.config,
            dataset=context.dataset,
            dataset_digest=context.dataset_digest,
            space=context.space,
            output=context.output,
            runner=runner,
            on_progress=tell,
        )


def usage(ended: int, runner: KubernetesRunner) -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "ended": ended,
        "at": time.time(),
        "mib": pages * resource.getpagesize() / 2**20,
        "processor": used.ru_utime + used.ru_stime,
        "calls": runner._jobs._api.calls.total(),
    }


if __name__ == "__main__":
    interrupt_on_sigterm()
    run(RunContext.from_json(Path(sys.argv[1]).read_bytes()), int(sys.argv[2]))
