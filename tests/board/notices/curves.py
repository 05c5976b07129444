"""Curves of healthy trainings, as made up as must be and as odd as they are; and the accidents to plant in them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
N = 6_000


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _decay(n: int = N, start: float = 2.3, end: float = 0.2, scale: float = 0.15) -> Values:
    return end + (start - end) * np.exp(-np.arange(n) / (n * scale))


def exponential(seed: int) -> Values:
    return _decay() * (1 + 0.05 * _rng(seed).normal(size=N))


def power_law(seed: int) -> Values:
    """A language model: steep, then ever slower."""
    return 1.7 + 9 * (1 + np.arange(N) / 30) ** -0.6 + 0.04 * _rng(seed).normal(size=N)


def warm_up_and_cosine(seed: int) -> Values:
    """It rises a little while the learning rate does, and the rate falls to zero in the end."""
    t = np.arange(N)
    rate = np.minimum(t / 400, 1) * 0.5 * (1 + np.cos(np.pi * np.minimum(t / N, 1)))
    progress = np.cumsum(rate) / N
    return 0.4 + 2.4 * np.exp(-9 * progress) + 0.4 * np.exp(-(((t - 150) / 90) ** 2)) + 0.05 * _rng(seed).normal(size=N)


def warm_restarts(seed: int) -> Values:
    """Cosine with restarts: up by a third at each, and down again."""
    t = np.arange(N)
    bump = 0.6 * np.exp(-(t % 1500) / 200) * (t > 1500)
    return _decay() + bump * np.exp(-t / N) + 0.05 * _rng(seed).normal(size=N)


def step_decays(seed: int) -> Values:
    """The learning rate is cut to a tenth twice: flat, a sudden fall, flat again."""
    t = np.arange(N)
    level = 0.9 + 1.4 * np.exp(-t / 300)
    level = np.where(t > 2500, 0.45 + (level - 0.45) * np.exp(-(t - 2500).clip(0) / 60), level)
    level = np.where(t > 4500, 0.3 + (level - 0.3) * np.exp(-(t - 4500).clip(0) / 40), level)
    return level * (1 + 0.08 * _rng(seed).normal(size=N))


def batch_of_one(seed: int) -> Values:
    """Heavy noise on a logarithmic scale."""
    return _decay() * np.exp(0.6 * _rng(seed).normal(size=N))


def memorised(seed: int) -> Values:
    """Nearly every batch is right in the end, and some are not."""
    rng = _rng(seed)
    base = _decay(end=0.0005, scale=0.08) * np.exp(0.8 * rng.normal(size=N))
    wrong = rng.random(N) < 0.01
    return base + np.where(wrong, rng.exponential(0.05, N), 0)


def epochs_in_teeth(seed: int) -> Values:
    """The mean of each epoch so far: it starts noisy, settles, and jumps at every epoch."""
    rng = _rng(seed)
    raw = _decay() * (1 + 0.25 * rng.normal(size=N))
    return np.concatenate([np.cumsum(part) / np.arange(1, len(part) + 1) for part in np.split(raw, 20)])


def easy_to_hard(seed: int) -> Values:
    """The data are sorted: within an epoch it rises, at each epoch it falls back."""
    t = np.arange(N)
    return _decay() * (0.8 + 0.5 * (t % 500) / 500) * (1 + 0.05 * _rng(seed).normal(size=N))


def smooth(seed: int) -> Values:
    """All data in each step: no noise at all."""
    return _decay(scale=0.05 + 0.01 * (seed % 5))


def constant(seed: int) -> Values:
    return np.full(N, 0.5 + seed)


def gaussian_likelihood(seed: int) -> Values:
    """Goes below zero."""
    return 3.0 - 7 * (1 - np.exp(-np.arange(N) / 900)) + 0.5 * _rng(seed).normal(size=N)


def hinge(seed: int) -> Values:
    """Zero for most batches in the end."""
    rng = _rng(seed)
    return np.maximum(0, _decay(end=0.0, start=1.0) - 0.1 + 0.1 * rng.normal(size=N))


def averaged(seed: int) -> Values:
    """A moving average: neighbours are alike, the noise is slow."""
    raw = _decay() * (1 + 0.3 * _rng(seed).normal(size=N))
    out, last = np.empty(N), raw[0]
    for i, value in enumerate(raw):
        last = out[i] = 0.98 * last + 0.02 * value
    return out


def slow_waves(seed: int) -> Values:
    t = np.arange(N)
    return _decay() * (1 + 0.15 * np.sin(t / 400 + seed)) + 0.03 * _rng(seed).normal(size=N)


def linear(seed: int) -> Values:
    return np.linspace(3, 0.5, N) + 0.1 * _rng(seed).normal(size=N)


def linear_decay_to_zero_rate(seed: int) -> Values:
    t = np.arange(N) / N
    return 2.0 - 1.5 * (2 * t - t**2) + 0.02 * _rng(seed).normal(size=N)


def two_phases(seed: int) -> Values:
    """A long shelf in the middle, then it goes on: a grokking, or a first head that is learned."""
    t = np.arange(N)
    first, second = 1 / (1 + np.exp((t - 700) / 150)), 1 / (1 + np.exp((t - 4000) / 200))
    return 0.2 + 1.2 * first + 0.9 * second + 0.04 * _rng(seed).normal(size=N)


def few_points(seed: int) -> Values:
    return _decay(60) * (1 + 0.1 * _rng(seed).normal(size=60))


def rounded(seed: int) -> Values:
    """Logged with three digits."""
    return np.round(exponential(seed), 3)


# tag -> what is logged under it
CLEAN: dict[str, Callable[[int], Values]] = {
    "train/loss": exponential,
    "lm/loss": power_law,
    "loss": warm_up_and_cosine,
    "train/ce_loss": warm_restarts,
    "training_loss": step_decays,
    "loss/train": batch_of_one,
    "batch_loss": memorised,
    "epoch/loss": epochs_in_teeth,
    "sorted/loss": easy_to_hard,
    "full_batch/loss": smooth,
    "const/loss": constant,
    "train/nll": gaussian_likelihood,
    "svm/loss": hinge,
    "ema/loss": averaged,
    "waves/loss": slow_waves,
    "linear/mse": linear,
    "decay/rmse": linear_decay_to_zero_rate,
    "grok/loss": two_phases,
    "short/loss": few_points,
    "rounded/loss": rounded,
}


def overfitting(seed: int) -> Values:
    """On validation data: down, and up again."""
    t = np.arange(400)
    return (
        0.6 + 1.7 * np.exp(-t / 25) + 0.9 * (1 - np.exp(-((t - 40).clip(0) / 250))) + 0.03 * _rng(seed).normal(size=400)
    )


def saturating(seed: int) -> Values:
    return np.clip(1 - _decay(start=0.9, end=0.03) + 0.02 * _rng(seed).normal(size=N), 0, 1)


def rewards(seed: int) -> Values:
    rng = _rng(seed)
    return 200 / (1 + np.exp(-(np.arange(N) - 2500) / 500)) + 60 * rng.standard_t(2, size=N)


def adversarial(seed: int) -> Values:
    """A generator's loss: it falls, and is driven up by the other."""
    t = np.arange(N)
    return 0.7 + 3 * np.abs(np.sin(t / 900)) * t / N + 0.4 * np.abs(_rng(seed).standard_t(3, size=N))


def gradients(seed: int) -> Values:
    return np.exp(_rng(seed).standard_t(3, size=N))


def counter(seed: int) -> Values:
    return np.arange(N, dtype=float) + seed


def learning_rate(seed: int) -> Values:
    t = np.arange(N)
    return 1e-3 * np.minimum(t / 500, 1) * 0.1 ** (t // 2000)


def loss_scale(seed: int) -> Values:
    return 2.0 ** (10 + (np.arange(N) // 700) % 7)


CLEAN_OTHERS: dict[str, Callable[[int], Values]] = {
    "val/loss": overfitting,
    "test_loss": overfitting,
    "val/accuracy": saturating,
    "rollout/ep_rew_mean": rewards,
    "loss/G": adversarial,
    "loss_D": adversarial,
    "generator/loss": adversarial,
    "grad_norm": gradients,
    "global_step": counter,
    "lr": learning_rate,
    "loss_scale": loss_scale,
    "policy_loss": adversarial,
    "train/value_loss": gradients,
    "kl_loss": rewards,
}
