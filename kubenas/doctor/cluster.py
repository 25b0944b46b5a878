"""Assessment of a cluster's permissions, nodes, accelerators and images. Pure."""

from collections.abc import Iterable, Iterator

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.doctor.permissions import can_i_command, format_permissions, grant_command
from kubenas.scheduling.kubernetes.access.facts import ClusterFacts, Node
from kubenas.scheduling.quantity import parse_quantity

DEFAULT_ACCELERATOR = "nvidia.com/gpu"
_LIST_ALLOCATABLE = "kubectl get nodes -o custom-columns=:.metadata.name,:.status.allocatable"


def assess_cluster(
    facts: ClusterFacts, *, accelerator: str, images: Iterable[str], asked: int = 0
) -> list[Finding]:
    """Returns the findings about a cluster.

    Args:
        facts: result of the queries.
        accelerator: extended resource that trials may request.
        images: images of the steps and trials.
        asked: number of accelerators that one trial requests.
    """
    findings = [
        ok("cluster", f"{facts.server}: Kubernetes {facts.version}, namespace {facts.namespace}"),
        _rights(facts),
    ]
    if facts.nodes is None:
        return [*findings, ok("nodes", "not checked: these credentials may not list nodes")]
    return [
        *findings,
        _nodes(facts.nodes),
        _accelerators(facts.nodes, accelerator, asked),
        *_images(facts.nodes, images),
    ]


def _rights(facts: ClusterFacts) -> Finding:
    if not facts.refused:
        return ok("rights", "all permissions of a search on jobs, pods, leases and events")
    first = min(facts.refused, key=str)
    return problem(
        "rights",
        f"not allowed in namespace {facts.namespace}: {format_permissions(facts.refused)}; install"
        f" the chart, which grants them: '{grant_command(facts.namespace)}'; then check with"
        f" '{can_i_command(first, facts.namespace)}'",
    )


def _nodes(nodes: tuple[Node, ...]) -> Finding:
    ready = sum(node.ready for node in nodes)
    message = f"{ready} of {len(nodes)} ready"
    if ready:
        return ok("nodes", message)
    return problem("nodes", f"{message}; see 'kubectl get nodes'")


def _accelerators(nodes: tuple[Node, ...], accelerator: str, asked: int) -> Finding:
    offers = [
        int(parse_quantity(node.allocatable.get(accelerator, "0"))) for node in nodes if node.ready
    ]
    holders = sum(offer > 0 for offer in offers)
    if asked > 0 and not holders:
        return problem(
            "accelerator",
            f"no ready node offers {accelerator}: unless the cluster has an autoscaler, correct"
            f" runner.pod.accelerator; see '{_LIST_ALLOCATABLE}'",
        )
    if asked > max(offers, default=0):
        return problem(
            "accelerator",
            f"a trial requests {asked} {accelerator}, but no node has more than {max(offers)}; set"
            f" runner.pod.accelerators: {max(offers)}",
        )
    if not holders:
        return ok("accelerator", f"no ready node offers {accelerator}: trials train on CPUs")
    return ok("accelerator", f"{sum(offers)} {accelerator} on {holders} nodes")


def _images(nodes: tuple[Node, ...], images: Iterable[str]) -> Iterator[Finding]:
    for image in images:
        holders = sum(any(_same(image, name) for name in node.images) for node in nodes)
        if holders:
            yield ok("image", f"{image}: on {holders} of {len(nodes)} nodes")
        else:
            yield ok(
                "image",
                f"{image}: not found on a node, it will be pulled; if it is not in a registry yet,"
                " run 'make images REGISTRY=HOST/PATH PUSH=1'",
            )


def _same(image: str, name: str) -> bool:
    """Compares image names; nodes add docker.io/, which a user may leave out."""
    return name in {image, f"docker.io/{image}", f"docker.io/library/{image}"}
