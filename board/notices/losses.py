"""Which scalars are a loss that should fall: only of those can a rise, a spike or a standstill be told from health."""

import re
from collections.abc import Iterable
from enum import Enum

__all__ = ["Loss", "is_judged", "loss_of"]


class Loss(Enum):
    """What a scalar is to the rules."""

    NONE = 0
    TRAINING = 1
    VALIDATION = 2  # rises where a model overfits, which is no accident


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LOSSES = frozenset(
    ["loss", "losses", "nll", "perplexity", "ppl", "xent", "crossentropy", "bce", "mse", "rmse", "mae", "objective"]
)
_VALIDATION = frozenset(["val", "valid", "validation", "test", "eval", "evaluation", "dev", "holdout"])
# Losses of players that work against each other, parts of a sum, and what only has the word in its name.
_OTHERS = frozenset(
    [
        "g",
        "d",
        "gen",
        "disc",
        "generator",
        "discriminator",
        "adv",
        "adversarial",
        "gp",
        "critic",
        "actor",
        "policy",
        "pi",
        "vf",
        "value",
        "q",
        "qf",
        "kl",
        "td",
        "aux",
        "reg",
        "regularization",
        "regularizer",
        "penalty",
        "surrogate",
        "commitment",
        "vq",
        "codebook",
        "entropy",
        "scale",
        "scaler",
        "weight",
        "weights",
        "coef",
        "time",
        "ratio",
        "diff",
        "lr",
        "count",
        "std",
        "var",
        "variance",
        "gap",
        "balance",
        "router",
        "load",
        "z",
        "aux",
        "temperature",
    ]
)
_REWARDS = frozenset(["reward", "rewards", "rew", "return", "returns", "episode", "ep", "rollout"])
_PLAYERS = (frozenset(["g", "gen", "generator", "fake"]), frozenset(["d", "disc", "discriminator", "critic"]))


def loss_of(tag: str) -> Loss:
    """Return what a scalar is, by the words of its tag."""
    words = _words(tag)
    is_cross = "cross" in words and "entropy" in words
    if not (words & _LOSSES or is_cross) or words & (_OTHERS - {"entropy"} if is_cross else _OTHERS):
        return Loss.NONE
    return Loss.VALIDATION if words & _VALIDATION else Loss.TRAINING


def is_judged(tags: Iterable[str]) -> bool:
    """Whether the losses of a run with these scalars mean something when they rise.

    They do not in a run that logs rewards (there the data follow the model), nor where a generator and a discriminator
    are trained against each other.
    """
    players = [False, False]
    for tag in tags:
        words = _words(tag)
        if words & _REWARDS:
            return False
        if words & _LOSSES:
            players = [found or bool(words & names) for found, names in zip(players, _PLAYERS, strict=True)]
    return not all(players)


def _words(tag: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(tag)}
