"""A stand-in worker that does not train.

It implements the protocol of kubenas.scheduling.local.worker_process or, given the URI of a spec,
runs this attempt with the exit codes of kubenas.training.worker. The hyperparameter or space option
``behave`` selects its behaviour. It imports only the standard library unless it needs an object
store, so that a test can start many workers.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def main() -> None:
    if "://" in sys.argv[-1]:
        run_alone(sys.argv[-1])
    if "--broken" in sys.argv:
        sys.exit("ImportError: no module named tensorflow")
    if "--never-ready" in sys.argv:
        time.sleep(600)
    requests, wake = [], threading.Event()
    threading.Thread(target=read_requests, args=(requests, wake), daemon=True).start()
    reply({"ready": True})
    while True:
        wake.wait()
        while requests:
            request = requests.pop(0)
            spec = json.loads(Path(request["spec"]).read_text())
            serve({**spec, "nonce": request.get("nonce")})
        wake.clear()


def run_alone(uri: str) -> None:
    """Runs as PID 1 of a pod, which its own signals cannot kill, with a child for the work."""
    child = os.fork()
    if child:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == -signal.SIGKILL:
            time.sleep(1)  # containerd must receive the OOM event before the exit
        sys.exit(code if code >= 0 else 128 - code)
    from kubenas.storage import open_storage, split  # noqa: PLC0415 - only a pod has it

    folder, name = split(uri)
    spec = json.loads(open_storage(folder).read(name))
    if run({**spec, "nonce": os.environ.get("KUBENAS_ATTEMPT_NONCE")}):
        sys.stderr.write("disk full\n")
        sys.exit(75)
    sys.exit(0)


def read_requests(requests: list[dict], wake: threading.Event) -> None:
    for line in sys.stdin:
        requests.append(json.loads(line))
        wake.set()
    os._exit(1)


def reply(message: dict) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve(spec: dict) -> None:
    ref = {"trial": spec["trial"], "attempt": spec["attempt"]}
    reply({"started": ref})
    failure = run(spec)
    reply({"ended": ref, "failure": failure, "message": "disk full" if failure else ""})


def run(spec: dict) -> str | None:
    values = (spec["hyperparameters"] or {}).get("values", {})
    options = spec["space"]["options"]
    of_trial = options.get("behave_of", {}).get(str(spec["trial"]))
    behave = values.get("behave") or of_trial or options.get("behave", "complete")
    return BEHAVIOURS[behave](spec, values) or None


def complete(spec: dict, values: dict) -> None:
    time.sleep(spec["space"]["options"].get("seconds", 0))
    if spec["task"] == "describe":
        space = {"space": spec["space"]["options"]["space"], "values": {}}
        put(spec, "space.json", space)
    put(spec, "result.json", result(spec, values))


def result(spec: dict, values: dict, **changes: object) -> dict:
    epochs = spec["training"]["epochs"] if spec["training"] else 0
    score = sum(value for value in values.values() if isinstance(value, float))
    trained = {"score": score, "epochs": epochs} if spec["task"] == "train" else {}
    outcome = {"task": spec["task"], "outcome": "completed", "seconds": 0.01, **trained}
    bound = {name: spec[name] for name in ("trial", "attempt", "nonce")}
    return {**outcome, **bound, **changes}


def nan(spec: dict, values: dict) -> None:
    put(spec, "result.json", result(spec, values, score="NaN"))


def truncated(spec: dict, values: dict) -> None:
    put_text(spec, "result.json", json.dumps(result(spec, values))[:-20])


def oversized(spec: dict, values: dict) -> None:
    put(spec, "result.json", result(spec, values, artifacts={"much": "x" * (1 << 20)}))


def bug(spec: dict, values: dict) -> None:
    failed = {"outcome": "failed", "failure": "application", "message": "ValueError: a bug"}
    put(spec, "result.json", result(spec, values, score=None, **failed))


def misconfigured(spec: dict, values: dict) -> None:
    failed = {"outcome": "failed", "failure": "configuration", "message": "no such file"}
    put(spec, "result.json", result(spec, values, score=None, **failed))


def once(spec: dict, values: dict) -> None:
    if spec["attempt"] == 1:
        os._exit(3)
    complete(spec, values)


def leave(spec: dict, values: dict) -> None:
    sys.stderr.write("Traceback: something\nValueError: odd\n")
    sys.exit(7)


def kill_itself(spec: dict, values: dict) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(spec: dict, values: dict) -> None:
    def checkpoint(*_: object) -> None:
        put(spec, "checkpoint/latest.json", {"epoch": 1})
        sys.exit(143)

    signal.signal(signal.SIGTERM, checkpoint)
    put(spec, "running", os.getpid())
    time.sleep(600)


def hang_once(spec: dict, values: dict) -> None:
    (hang if spec["attempt"] == 1 else complete)(spec, values)


def ignore_sigterm(spec: dict, values: dict) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"])  # keeps stdout open and outlives this process
    put(spec, "running", child.pid)
    time.sleep(600)


def eat_memory(spec: dict, values: dict) -> None:
    eaten = b"x" * (200 << 20)
    put(spec, "result.json", result(spec, values, artifacts={"bytes": str(len(eaten))}))


def storage(spec: dict, values: dict) -> str:
    return "storage"


def put(spec: dict, name: str, content: object) -> None:
    put_text(spec, name, json.dumps(content))


def put_text(spec: dict, name: str, text: str) -> None:
    if "://" in spec["prefix"]:
        from kubenas.storage import open_storage  # noqa: PLC0415

        open_storage(spec["prefix"]).write(name, text.encode())
        return
    path = Path(spec["prefix"], name)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


BEHAVIOURS = {
    "complete": complete,
    "nan": nan,
    "truncated": truncated,
    "oversized": oversized,
    "bug": bug,
    "misconfigured": misconfigured,
    "once": once,
    "leave": leave,
    "kill-itself": kill_itself,
    "hang": hang,
    "hang-once": hang_once,
    "ignore-sigterm": ignore_sigterm,
    "eat-memory": eat_memory,
    "storage": storage,
}

if __name__ == "__main__":
    main()
