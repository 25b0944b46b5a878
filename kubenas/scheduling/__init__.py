"""Where attempts run, and which of them are tried again."""
