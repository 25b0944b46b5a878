"""The result of the hand-over to serving, in Markdown."""

from kubenas.serving.handoff_result import Handoff


def render_handoff(handoff: Handoff) -> str:
    """Renders the message, the URL and the manifest, where present."""
    parts = [handoff.message]
    if handoff.url:
        parts.append(f"Served at {handoff.url}")
    if handoff.yaml:
        parts.append(f"```yaml\n{handoff.yaml}```")
    return "\n\n".join(parts) + "\n"
