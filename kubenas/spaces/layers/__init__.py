"""The space ``layers``: convolutions and poolings, then dense layers."""
