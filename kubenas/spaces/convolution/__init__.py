"""Networks of convolutions as data: operations, their cost, their graph and their Keras layers.

The spaces for images share these modules.
"""
