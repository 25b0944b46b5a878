"""The space ``layers``: a sequence of convolutions and poolings, then dense layers."""
