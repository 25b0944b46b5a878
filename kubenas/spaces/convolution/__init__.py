"""Networks of convolutions as data: operations, their cost, their graph and their Keras layers.

The spaces residual and mobile share these modules; the space cell shares costs and strides.
"""
