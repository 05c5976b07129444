import gc
import subprocess
import sys

import pytest

from board.imports import without_collection


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_works_afterwards_if_it_did_before_and_leaves_modules_alone(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        gc.enable() if is_enabled else gc.disable()
        with without_collection():
            assert not gc.isenabled()
            kept = [[]]  # type: ignore[var-annotated]
        assert gc.isenabled() is is_enabled
        assert gc.get_freeze_count() > 0
        assert not any(found is kept for found in gc.get_objects())
    finally:
        gc.unfreeze()
        gc.enable() if was_enabled else gc.disable()


def test_who_reads_event_files_imports_no_writer() -> None:
    asked = """
import pydoc, sys
import board.logs, writer
late = [name for name in sys.modules if name.startswith("writer.") and "format" not in name]
assert late == ["writer.errors"], late
ours = {}
exec("from writer import *", ours)
assert set(writer.__all__) <= set(ours) and set(writer.__all__) <= set(dir(writer))
assert "class SummaryWriter" in pydoc.plaintext.document(writer)
print(ours["SummaryWriter"] is writer.SummaryWriter, hasattr(writer, "Nothing"))
"""
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert ran.stdout.split() == ["True", "False"], ran.stderr
