"""The trial process: spec, output capture, heartbeat, termination and failures."""
