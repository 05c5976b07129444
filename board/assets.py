"""Finds the files that pages are made of: in a checkout beside the package, in a wheel inside it."""

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Plotly", "find_assets", "find_plotly"]


def find_assets(name: str) -> Path:
    """Find the folder ``static`` or ``templates``.

    Raises:
        FileNotFoundError: in neither place. The board fails at its start, not with a 404 later.
    """
    package = Path(__file__).resolve().parent
    places = (package / name, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder {name} is missing: looked for {places[0]} and {places[1]}")


@dataclass(frozen=True, slots=True)
class Plotly:
    """The plotly.min.js of the installed ``plotly`` package."""

    path: Path
    version: str  # of the package: a new one gets a new URL


def find_plotly() -> Plotly:
    """Find Plotly's browser bundle without importing ``plotly`` (which takes a quarter of a second).

    Raises:
        FileNotFoundError: the package or the file in it is missing; the message says what to install.
    """
    spec = importlib.util.find_spec("plotly")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.is_file():
            return Plotly(path, importlib.metadata.version("plotly"))
    raise FileNotFoundError("plotly.min.js is missing: install the package that carries it, `pip install plotly`")
