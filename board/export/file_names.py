"""Names for files that people save: made of run and tag names, which may be hostile, and harmless on every system."""

import re
import unicodedata

__all__ = ["file_name"]

MAX_BYTES = 120  # before the ending; systems allow 255
# Windows opens devices by these names, whatever the ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[/\\:*?"<>|%]+')


def file_name(names: list[str], ending: str) -> str:
    """Join names to a file name: no folders, no devices, nothing hidden, no characters that turn text around.

    Args:
        names: run, tag; the empty ones are left out.
        ending: without its dot, ours.
    """
    text = " ".join(name for name in names if name)
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    text = _FORBIDDEN.sub("_", text).strip(" .-_~=+@")
    text = text.encode()[:MAX_BYTES].decode(errors="ignore").rstrip(" .")
    if not text or _DEVICES.match(text):
        text = f"scalars {text}".rstrip()
    return f"{text}.{ending}"
