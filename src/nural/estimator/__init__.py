"""scikit-learn's multilayer perceptrons, with nural's networks inside: change the import line and nothing else."""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError("nural.estimator needs scikit-learn: pip install 'nural[sklearn]'") from error

from nural.estimator.classifier import MLPClassifier
from nural.estimator.convolutional import ConvolutionalClassifier
from nural.estimator.regressor import MLPRegressor

__all__ = ["ConvolutionalClassifier", "MLPClassifier", "MLPRegressor"]
