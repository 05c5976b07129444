"""How much one request may ask for."""

from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "MAX_CHARTS",
    "MAX_COLUMNS",
    "MAX_DRAWING",
    "MAX_GROUPS",
    "MAX_LINES",
    "MAX_NAME",
    "MAX_RUNS",
    "MAX_THINKING",
    "MAX_WIDTH_PX",
    "Name",
    "OneName",
    "Question",
]

MAX_CHARTS: Final = 100  # in one request; a page asks for those in view
MAX_RUNS: Final = 5_000  # in one chart
MAX_GROUPS: Final = 1_000  # in one chart
MAX_LINES: Final = 20_000  # charts x runs of one request
MAX_WIDTH_PX: Final = 16_384
MAX_COLUMNS: Final = 4_000_000  # pixel columns of all lines of one request: an answer of 170 MB, or twice that smoothed
MAX_DRAWING: Final = 4  # requests for pixels that are worked on at once; the others wait, and keep nobody else waiting
MAX_THINKING: Final = 1  # questions that take seconds of a core, at once: the charts keep theirs
MAX_NAME: Final = 4_000  # characters of a run's or tag's name

Name = Annotated[str, Query(max_length=MAX_NAME)]  # in a URL
OneName = Annotated[str, Field(max_length=MAX_NAME)]  # in a body


class Question(BaseModel):
    """What is asked in a body. A field that there is none of is a mistake, and said to be one."""

    model_config = ConfigDict(extra="forbid")
