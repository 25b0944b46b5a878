"""How rights are written, in words and as a question to kubectl."""

from collections.abc import Iterable

from kubenas.scheduling.kubernetes.access.facts import Permission


def format_permissions(permissions: Iterable[Permission]) -> str:
    """All of them, in order."""
    return ", ".join(sorted(map(str, permissions)))


def can_i_command(permission: Permission, namespace: str) -> str:
    """The command that asks for it."""
    resource, _, subresource = permission.resource.partition("/")
    group = f".{permission.group}" if permission.group else ""
    name = f"/{permission.name}" if permission.name else ""
    words = f"kubectl auth can-i {permission.verb} {resource}{group}{name}"
    return f"{words}{f' --subresource={subresource}' if subresource else ''} -n {namespace}"


def grant_command(namespace: str) -> str:
    """The command that grants all of them there; what was set of the chart stays."""
    upgrade = "helm upgrade --install --reset-then-reuse-values kubenas helm/kubenas"
    return f"{upgrade} -n {namespace}"
