"""What serving made of a promoted model, as Markdown."""

from kubenas.serving.handoff_result import Handoff


def render_handoff(handoff: Handoff) -> str:
    """What happened, and the manifest where there is one."""
    parts = [handoff.message]
    if handoff.url:
        parts.append(f"It is served at {handoff.url}")
    if handoff.yaml:
        parts.append(f"```yaml\n{handoff.yaml}```")
    return "\n\n".join(parts) + "\n"
