"""Permissions as text, and commands that check and grant them."""

from collections.abc import Iterable

from kubenas.scheduling.kubernetes.access.facts import Permission


def format_permissions(permissions: Iterable[Permission]) -> str:
    """Returns the permissions as a sorted list."""
    return ", ".join(sorted(map(str, permissions)))


def can_i_command(permission: Permission, namespace: str) -> str:
    """Returns the kubectl command that checks the permission."""
    resource, _, subresource = permission.resource.partition("/")
    group = f".{permission.group}" if permission.group else ""
    name = f"/{permission.name}" if permission.name else ""
    words = f"kubectl auth can-i {permission.verb} {resource}{group}{name}"
    return f"{words}{f' --subresource={subresource}' if subresource else ''} -n {namespace}"


def grant_command(namespace: str) -> str:
    """Returns the helm command that grants all permissions and keeps the values of the release."""
    upgrade = "helm upgrade --install --reset-then-reuse-values kubenas helm/kubenas"
    return f"{upgrade} -n {namespace}"
