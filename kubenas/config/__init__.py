"""The configuration ``search.yaml``: sections, loading and other representations."""

from kubenas.config.config import NAME, Config
from kubenas.config.data import DataConfig
from kubenas.config.defaults import default_space, explain_defaults, with_defaults
from kubenas.config.loading import (
    BUNDLED_SOURCES,
    load_config,
    parse_as,
    parse_config,
    parse_yaml,
    read_yaml,
    resolve_paths,
)
from kubenas.config.metric_direction import infer_direction
from kubenas.config.promotion import EvaluationConfig, PromotionConfig
from kubenas.config.retention import RetentionConfig
from kubenas.config.runner import PodConfig, RunnerConfig
from kubenas.config.search import COSTS, LAST_SEARCH, SearchConfig
from kubenas.config.serving import ServingConfig
from kubenas.config.space import PRETRAINED_SPACE, SpaceConfig, missing_weights

__all__ = [
    "BUNDLED_SOURCES",
    "COSTS",
    "LAST_SEARCH",
    "NAME",
    "PRETRAINED_SPACE",
    "Config",
    "DataConfig",
    "EvaluationConfig",
    "PodConfig",
    "PromotionConfig",
    "RetentionConfig",
    "RunnerConfig",
    "SearchConfig",
    "ServingConfig",
    "SpaceConfig",
    "default_space",
    "explain_defaults",
    "infer_direction",
    "load_config",
    "missing_weights",
    "parse_as",
    "parse_config",
    "parse_yaml",
    "read_yaml",
    "resolve_paths",
    "with_defaults",
]
