"""Each test that asks for ``engine`` runs with the plain and with the compiled one."""

import pytest

from writer.format import records


@pytest.fixture(params=["plain", "compiled"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param not in records.ENGINES:
        pytest.skip(f"no compiled engine: {records.ENGINE_REASON}")
    return str(request.param)
