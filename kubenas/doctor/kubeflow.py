"""Whether Kubeflow can run the steps of a pipeline in a namespace. Pure."""

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.doctor.permissions import can_i_command, format_permissions, grant_command
from kubenas.scheduling.kubernetes.access.facts import KubeflowFacts


def assess_kubeflow(facts: KubeflowFacts) -> Finding:
    """What keeps Argo and Kubeflow's driver and launcher from running a step there."""
    namespace, account = facts.namespace, facts.account
    if not facts.installed:
        return ok("kubeflow", "not in this cluster: nothing is asked on its behalf")
    if account is None:
        return ok("kubeflow", f"the chart says of no account in {namespace} that steps run as it")
    if facts.refused is None:
        return ok(
            "kubeflow",
            f"not looked at: these credentials may not ask what {account} may do; 'helm test"
            f" kubenas -n {namespace}' does",
        )
    if not facts.refused:
        return ok("kubeflow", f"{account} may do what Argo, the driver and the launcher do")
    first = min(facts.refused, key=str)
    return problem(
        "kubeflow",
        f"steps run as {account}, which is not allowed in namespace {namespace}:"
        f" {format_permissions(facts.refused)}; the chart makes a Role that allows it:"
        f" '{grant_command(namespace)}'; then see '{can_i_command(first, namespace)}"
        f" --as system:serviceaccount:{namespace}:{account}'",
    )
