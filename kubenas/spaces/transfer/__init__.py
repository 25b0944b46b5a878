"""The space ``transfer``: a pretrained backbone, of which a part is trained, and a new head."""
