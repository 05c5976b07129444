"""Finds the compiled twin of a plain module, and refuses one that an older source made."""

import hashlib
import importlib
import os
import re
from pathlib import Path
from types import ModuleType

__all__ = ["load_compiled"]


def load_compiled(name: str) -> tuple[ModuleType | None, str]:
    """Load a compiled module, for example ``"writer.format._records"``.

    A compiled module has ``SOURCE_HASH``, the first 16 hex digits of the SHA-256 of the ``.pyx`` that it was made from
    and of the ``.pxi`` files that it includes. Where they lie beside it, as in a checkout, the two must agree.

    Returns:
        The module and "compiled"; or None and the reason, for ``board doctor``.
    """
    if os.environ.get("TRAINBOARD_PURE") == "1":
        return None, "TRAINBOARD_PURE=1 asks for plain Python"
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return None, f"not compiled on this machine ({error})"
    source = Path(str(module.__file__)).with_name(f"{name.rpartition('.')[2]}.pyx")
    if source.exists():
        included = sorted(re.findall(r'^include "(.+)"$', source.read_text(), re.MULTILINE))
        parts = [source, *(source.with_name(part) for part in included)]
        if hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16] != module.SOURCE_HASH:
            return None, f"{source.name} has changed since it was compiled: run `make build`"
    return module, "compiled"
