"""Escapes control characters, so that messages of user code cannot control the terminal."""

_KEPT = {"\t", "\n"}
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _KEPT
}


def terminal_safe(text: str) -> str:
    """Escapes control characters other than tab and newline, for example as ``\\x1b``."""
    return text.translate(_CONTROLS)
