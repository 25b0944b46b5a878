"""Texts on a terminal: nothing in what a user's code says may control it."""

_KEPT = {"\t", "\n"}
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _KEPT
}


def terminal_safe(text: str) -> str:
    """``text`` with control characters written out, such as ``\\x1b``; lines stay lines."""
    return text.translate(_CONTROLS)
