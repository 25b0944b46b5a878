"""Class weights: balanced shares of the training loss, and no effect on the validation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.utils.class_weight import compute_class_weight

from kubenas.training.fit.class_weights import balanced_weights, weigh


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    labels = np.repeat([0, 1, 2], [50, 5, 20])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert balanced_weights([50, 5, 20]) == pytest.approx(expected)


def test_a_class_without_examples_does_not_count() -> None:
    assert balanced_weights([30, 0, 10]) == pytest.approx([2 / 3, 0, 2])


@pytest.mark.parametrize("one_hot", [False, True])
def test_the_training_loss_is_weighed_and_the_validation_loss_is_not(one_hot: bool) -> None:
    images = np.random.default_rng(1).normal(size=(40, 4)).astype(np.float32)
    labels = (np.arange(40) % 10 == 0).astype(np.int32)
    answers = np.eye(2, dtype=np.float32)[labels] if one_hot else labels
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "softmax")])
    kind = "categorical" if one_hot else "sparse_categorical"
    model.compile(keras.optimizers.SGD(0.0), f"{kind}_crossentropy")
    losses = -np.log(model.predict(images, verbose=0)[np.arange(40), labels])
    examples = tf.data.Dataset.from_tensor_slices((images, answers)).batch(20)
    history = model.fit(
        weigh(examples, balanced_weights([36, 4])), validation_data=examples, verbose=0
    ).history
    equal_shares = (losses[labels == 0].mean() + losses[labels == 1].mean()) / 2
    assert history["loss"] == pytest.approx([equal_shares], rel=1e-5)
    assert history["val_loss"] == pytest.approx([losses.mean()], rel=1e-5)


def test_a_mixed_label_weighs_the_mean_of_its_classes() -> None:
    labels = np.array([[0.25, 0.75], [1, 0]], np.float32)
    examples = tf.data.Dataset.from_tensors((np.zeros((2, 1)), labels))
    (batch,) = weigh(examples, (2.0, 4.0)).as_numpy_iterator()
    np.testing.assert_allclose(batch[2], [3.5, 2.0])
