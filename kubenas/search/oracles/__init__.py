"""The oracles: catalogue and factory. Importing this loads neither Keras-Tuner nor Keras."""

from kubenas.search.oracles.catalog import ORACLES, OracleInfo, check_oracle
from kubenas.search.oracles.create import create_oracle

__all__ = ["ORACLES", "OracleInfo", "check_oracle", "create_oracle"]
