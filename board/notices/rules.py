"""The rules, each as a sentence with its numbers, and what one of them has to say."""

from typing import NamedTuple

__all__ = ["RULES", "Finding", "Notice", "Rule"]


class Rule(NamedTuple):
    """One rule; its text is shown wherever it speaks."""

    id: str
    title: str
    rule: str


class Finding(NamedTuple):
    """Where a rule spoke in one curve."""

    rule: str
    step: int
    wall_time: float
    message: str


class Notice(NamedTuple):
    """A finding in its place."""

    rule: str
    run: str
    tag: str  # "" where it is about the run as a whole
    line: str
    step: int | None
    wall_time: float
    message: str


_LOSSES = (
    "A loss is a scalar with loss, nll, perplexity, cross-entropy, mse or the like in its tag; not of a run that logs "
    "rewards or trains a generator against a discriminator."
)
RULES = (
    Rule("nonfinite", "NaN or infinity", "A scalar has a value that is NaN or infinite."),
    Rule(
        "divergence",
        "Divergence",
        "A training loss that had fallen by 30 % of its first block, and by more than 8 times its noise, lies in two "
        "blocks of 16 points in a row more than half of the way back up, and more than 8 times its noise above its "
        "lowest block; one that had fallen less, as far beyond its first block; or any loss lies above 10 times (on "
        f"validation data: above 2 times) its first block. Medians of blocks count. {_LOSSES}",
    ),
    Rule(
        "spike",
        "Spike",
        "At most 5 points in a row of a training loss are more than twice the median of the 64 to 80 points before "
        "them, and beyond 8 standard deviations of their logarithms (by the median deviation); the 8 points after them "
        "are back; the rise is 15 % of what the loss has fallen at least, and nothing like it stood in the 200 points "
        "before. Where a loss is not positive: beyond 12 standard deviations and a quarter of what it has fallen. "
        f"{_LOSSES}",
    ),
    Rule(
        "plateau",
        "Plateau",
        "A training loss that fell steadily over 192 points (both halves clearly, the second at 0.6 to 1.3 times the "
        "rate of the first) has all at once stood still over the next 80: it fell by less than a fifth of what that "
        "rate promised, and is not near zero. Slowing down, as every training does, is none. "
        f"{_LOSSES}",
    ),
    Rule(
        "silence",
        "Stopped writing",
        "A run that was seen writing has no end marker and has written nothing for 10 s and 10 times the median gap of "
        "its last 50 writes.",
    ),
)
