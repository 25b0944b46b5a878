"""Assessment of the permissions that Kubeflow needs to run the steps of a pipeline. Pure."""

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.doctor.permissions import can_i_command, format_permissions, grant_command
from kubenas.scheduling.kubernetes.access.facts import KubeflowFacts


def assess_kubeflow(facts: KubeflowFacts) -> Finding:
    """Returns the finding about the permissions of the steps' account."""
    namespace, account = facts.namespace, facts.account
    if not facts.installed:
        return ok("kubeflow", "not installed in this cluster: not checked")
    if account is None:
        return ok("kubeflow", f"not checked: the chart names no account for steps in {namespace}")
    if facts.refused is None:
        return ok(
            "kubeflow",
            f"not checked: these credentials may not query the permissions of {account}; run 'helm"
            f" test kubenas -n {namespace}'",
        )
    if not facts.refused:
        return ok("kubeflow", f"{account} has the permissions of Argo, driver and launcher")
    first = min(facts.refused, key=str)
    return problem(
        "kubeflow",
        f"steps run as {account}, which lacks permissions in namespace {namespace}:"
        f" {format_permissions(facts.refused)}; install the chart, which grants them:"
        f" '{grant_command(namespace)}'; then check with '{can_i_command(first, namespace)}"
        f" --as system:serviceaccount:{namespace}:{account}'",
    )
