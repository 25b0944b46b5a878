"""The process of an attempt: its spec, its output, its heartbeat and how it ends."""
