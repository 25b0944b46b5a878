"""Surrogate models, which predict the scores of points: Gaussian processes and ensembles."""

from kubenas.search.oracles.surrogate.adam import Adam, Reals, Weights
from kubenas.search.oracles.surrogate.ensemble_surrogate import EnsembleSurrogate
from kubenas.search.oracles.surrogate.expected_improvement import log_expected_improvement
from kubenas.search.oracles.surrogate.feasibility import FeasibilityModel
from kubenas.search.oracles.surrogate.gaussian_process import GaussianProcess, Settings, fit
from kubenas.search.oracles.surrogate.input_features import FeatureExtractor, InputFeatures
from kubenas.search.oracles.surrogate.threads import one_thread

__all__ = [
    "Adam",
    "EnsembleSurrogate",
    "FeasibilityModel",
    "FeatureExtractor",
    "GaussianProcess",
    "InputFeatures",
    "Reals",
    "Settings",
    "Weights",
    "fit",
    "log_expected_improvement",
    "one_thread",
]
