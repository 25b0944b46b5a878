"""Whether a cluster lets a search run on it. Pure: what it says about itself -> findings."""

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
    """Findings about a cluster that answers.

    Args:
        facts: what it says.
        accelerator: the extended resource that trials may ask for.
        images: what the steps and trials run in.
        asked: how many of ``accelerator`` one trial does ask for.
    """
    findings = [
        ok("cluster", f"{facts.server}: Kubernetes {facts.version}, namespace {facts.namespace}"),
        _rights(facts),
    ]
    if facts.nodes is None:
        return [*findings, ok("nodes", "not looked at: these credentials may not list them")]
    return [
        *findings,
        _nodes(facts.nodes),
        _accelerators(facts.nodes, accelerator, asked),
        *_images(facts.nodes, images),
    ]


def _rights(facts: ClusterFacts) -> Finding:
    if not facts.refused:
        return ok("rights", "jobs, pods, leases and events: all that a search does")
    first = min(facts.refused, key=str)
    return problem(
        "rights",
        f"not allowed in namespace {facts.namespace}: {format_permissions(facts.refused)}; the"
        f" chart makes a Role that allows it: '{grant_command(facts.namespace)}'; then see"
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
            f"no ready node offers {accelerator}: unless the cluster adds nodes by itself, correct"
            f" runner.pod.accelerator; see '{_LIST_ALLOCATABLE}'",
        )
    if asked > max(offers, default=0):
        return problem(
            "accelerator",
            f"a trial asks for {asked} {accelerator}, and no node has more than {max(offers)}; set"
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
                f"{image}: not seen on a node, it will be pulled; if it is in no registry yet,"
                " 'make images REGISTRY=HOST/PATH PUSH=1'",
            )


def _same(image: str, name: str) -> bool:
    """Nodes write docker.io/ where a user may leave it out."""
    return name in {image, f"docker.io/{image}", f"docker.io/library/{image}"}
