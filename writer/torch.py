"""Sends what a script logs through ``torch.utils.tensorboard`` to this package, without a change to the script.

Either the script says so, before it imports torch's class::

    from writer.torch import patch

    patch()

or this module starts it: ``python -m writer.torch train.py --lr 0.1``, ``python -m writer.torch -m package``,
``torchrun -m writer.torch train.py``. Processes that the script starts by *fork* log here, too; those that it
starts by *spawn* have to call ``patch()``.
"""

import importlib
import os
import runpy
import sys
import types
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

from writer import hparams as trials
from writer.file_writer import FileWriter
from writer.format.messages import Summary
from writer.summary_writer import SummaryWriter

__all__ = ["main", "patch"]

_PACKAGE = "torch.utils.tensorboard"
_USAGE = "usage: python -m writer.torch [-m module | script] [argument ...]"


def patch() -> None:
    """Put our ``SummaryWriter`` and ``FileWriter`` in the place of those of ``torch.utils.tensorboard``.

    Where that cannot be imported, for want of the package tensorboard or because of it, a module of ours takes its
    place. Names that were imported from it before stay as they are.
    """
    try:
        importlib.import_module(f"{_PACKAGE}.writer")
    except Exception:  # a tensorboard that does not fit its protobuf raises anything
        _stand_in()
    for name in (_PACKAGE, f"{_PACKAGE}.writer"):
        module: Any = sys.modules[name]
        module.SummaryWriter = SummaryWriter
        module.FileWriter = FileWriter


def main(arguments: Sequence[str]) -> None:
    """Run a script, or a module behind "-m", as Python would, with torch's class replaced."""
    is_module = arguments[:1] == ["-m"]
    arguments = arguments[is_module:]
    if not arguments or (not is_module and arguments[0].startswith("-")):
        sys.exit(_USAGE)
    patch()
    sys.argv = list(arguments)
    if is_module:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        return
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


def _stand_in() -> None:
    """Make the modules that programs import from, with what they take from them."""
    import torch.utils  # late: whoever only asks for the usage need not wait for it

    package = types.ModuleType(_PACKAGE, "Stands in for torch's, which could not be imported.")
    package.__path__ = []
    package.__spec__ = ModuleSpec(_PACKAGE, None, is_package=True)
    sys.modules[_PACKAGE] = package
    for name in ("writer", "summary"):
        module = types.ModuleType(f"{_PACKAGE}.{name}", package.__doc__)
        module.__spec__ = ModuleSpec(module.__name__, None)
        sys.modules[module.__name__] = module
        setattr(package, name, module)
    setattr(sys.modules[f"{_PACKAGE}.summary"], "hparams", _hparams)  # noqa: B010 (a module of no known names)
    setattr(torch.utils, "tensorboard", package)  # noqa: B010


def _hparams(
    hparam_dict: Mapping[str, Any] | None = None,
    metric_dict: Mapping[str, Any] | None = None,
    hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[Any, ...]:
    """Make the three ``Summary`` messages of a trial, as torch's function of this name, for ``file_writer``."""

    def refuse(tag: str, reason: object) -> None:
        raise ValueError(f"{tag}: {reason}")

    session = trials.Session.take(hparam_dict or {}, hparam_domain_discrete, metric_dict or {}, refuse, typed=False)
    return tuple(Summary(value=[make(tag.encode())]) for tag, make in trials.values_of(session))


if __name__ == "__main__":
    main(sys.argv[1:])
