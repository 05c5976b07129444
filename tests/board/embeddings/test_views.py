"""Views of points: components as scikit-learn finds them, exact neighbours, layouts made elsewhere and cancelled."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

import board
from board.embeddings.layouts import Layout, LayoutRequest, Layouts
from board.embeddings.reduction import (
    EXACT_DIMENSIONS,
    axis_between,
    nearest,
    on_sphere,
    principal_components,
)
from board.errors import BadRequestError, MissingExtraError, UnknownSeriesError
from board.logs import Kind, Logs
from board.model import Delta
from tests.board.embeddings.written import run_with
from tests.board.served import wait_until

Floats = NDArray[np.float32]
LIMIT_S = 60


def blobs(points: int, dimensions: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    scale = 1 / np.arange(1, dimensions + 1)
    return (rng.normal(size=(points, dimensions)) * scale + 3).astype(np.float32)


@pytest.mark.parametrize(("points", "dimensions"), [(500, 20), (20, 300), (5000, 3), (6, 2), (1, 4), (4, 1)])
def test_components_are_those_of_scikit_learn(points: int, dimensions: int) -> None:
    values = blobs(points, dimensions)
    found = principal_components(values)
    count = min(10, points, dimensions)
    assert found.scores.shape == (points, count)
    assert found.is_exact
    if points == 1:
        assert not found.scores.any()
        return
    judge = PCA(count, svd_solver="full").fit(values.astype(np.float64))
    expected = judge.transform(values.astype(np.float64))
    signs = np.sign((expected * found.scores).sum(axis=0))
    assert np.allclose(found.scores, expected * signs, atol=2e-3)
    assert np.allclose(found.shares, judge.explained_variance_ratio_, atol=1e-6)


def test_components_of_very_many_dimensions_are_found_by_projection_and_nearly_right() -> None:
    values = blobs(900, EXACT_DIMENSIONS + 32)
    found = principal_components(values)
    judge = PCA(10, svd_solver="full").fit(values.astype(np.float64))
    assert not found.is_exact
    assert np.allclose(found.shares, judge.explained_variance_ratio_, rtol=0.01)
    assert np.array_equal(found.scores, principal_components(values).scores)


def test_equal_points_have_no_variance_and_no_nan() -> None:
    found = principal_components(np.ones((5, 3), np.float32))
    assert not found.scores.any()
    assert not found.shares.any()
    assert not on_sphere(np.ones((5, 3), np.float32)).any()


def test_great_numbers_do_not_overflow() -> None:
    found = principal_components(np.array([[3e38, 0], [-3e38, 1], [0, 2]], np.float32))
    assert np.isfinite(found.scores).all()
    assert found.shares[0] == pytest.approx(1)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_exact(metric: str) -> None:
    values = blobs(9000, 17, 2)
    whole = np.ones(len(values), bool)
    whole[[5, 6]] = False
    judge = NearestNeighbors(n_neighbors=12, metric=metric, algorithm="brute").fit(values[whole].astype(np.float64))
    distances, rows = judge.kneighbors(values[[0]].astype(np.float64))
    own_rows, own_distances = nearest(values, whole, 0, 11, metric)
    assert np.array_equal(own_rows, np.flatnonzero(whole)[rows[0][1:]])
    assert np.allclose(own_distances, distances[0][1:], atol=1e-9)


def test_a_point_without_a_direction_is_as_far_from_all() -> None:
    values = np.array([[0, 0], [1, 0], [0, 2]], np.float32)
    rows, distances = nearest(values, np.ones(3, bool), 0, 5, "cosine")
    assert (rows.tolist(), distances.tolist()) == ([1, 2], [1, 1])


def test_an_axis_goes_from_the_middle_of_some_to_that_of_others() -> None:
    values = np.array([[0, 0], [0, 2], [4, 0], [4, 2], [2, 9]], np.float32)
    found = axis_between(values, np.array([1, 1, 0, 0, 0], bool), np.array([0, 0, 1, 1, 0], bool))
    assert found.tolist() == [0, 0, 1, 1, 0.5]


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    values = blobs(300, 8)
    rows = ["\t".join(map(str, row)) for row in values.tolist()]
    rows[7] = "nan\t1\t1\t1\t1\t1\t1\t1"
    run_with(tmp_path / "run", tensors_tsv="\n".join(rows), metadata_tsv="\n".join(f"p{i}" for i in range(300)))
    with board.open(tmp_path, cache=False) as opened:
        yield opened


def finished(logs: Logs, layout: Layout) -> Layout:
    deadline = time.monotonic() + LIMIT_S
    while not layout.is_over:
        assert time.monotonic() < deadline, f"{layout.state}: {layout.said}"
        time.sleep(0.05)
    return layout


@pytest.mark.slow
@pytest.mark.parametrize(("method", "dims"), [("tsne", 2), ("umap", 3)])
def test_a_layout_is_made_by_another_process_and_kept(logs: Logs, method: str, dims: int) -> None:
    request = LayoutRequest(method, dims)
    layout = finished(logs, logs.embeddings.lay_out("run", "points", None, request))
    assert (layout.state, layout.said) == ("done", "")
    assert layout.places is not None
    assert layout.places.shape == (299, dims)
    assert np.isfinite(layout.places).all()
    assert layout.rows is not None
    assert 7 not in layout.rows
    assert 0 < layout.progress <= 1
    assert logs.embeddings.lay_out("run", "points", None, request) is layout
    assert logs.embeddings.layouts.find(layout.id) is layout


@pytest.mark.slow
def test_a_layout_can_be_cancelled_and_asked_for_again(logs: Logs) -> None:
    request = LayoutRequest("tsne", 3)
    layout = logs.embeddings.lay_out("run", "points", None, request)
    wait_until(lambda: layout.process is not None or layout.is_over, "its process")
    process = layout.process
    assert process is not None
    assert logs.embeddings.layouts.cancel(layout.id).state == "cancelled"
    assert process.wait(10) != 0
    assert finished(logs, logs.embeddings.lay_out("run", "points", None, request)).state == "done"


@pytest.mark.slow
def test_closing_ends_what_is_being_made(logs: Logs) -> None:
    layout = logs.embeddings.lay_out("run", "points", None, LayoutRequest("umap"))
    wait_until(lambda: layout.process is not None or layout.is_over, "its process")
    process = layout.process
    assert process is not None
    logs.close()
    assert process.wait(10) != 0
    assert layout.state == "cancelled"


def test_too_few_points_are_said_and_a_wrong_request_is_refused() -> None:
    layouts = Layouts()
    layout = layouts.start("a", LayoutRequest("tsne"), lambda: (np.ones((3, 2), np.float32), np.ones(3, bool)))
    wait_until(lambda: layout.is_over, "the layout")
    assert (layout.state, layout.said) == ("failed", "there are fewer than four points")
    with pytest.raises(UnknownSeriesError):
        layouts.find("b")
    for wrong in ({"method": "pca"}, {"method": "umap", "dims": 4}, {"method": "umap", "neighbours": 0}):
        with pytest.raises(BadRequestError):
            LayoutRequest(**wrong)  # type: ignore[arg-type]


def test_only_so_many_wait_at_once() -> None:
    layouts, gate = Layouts(), threading.Event()

    def load() -> tuple[Floats, NDArray[np.bool_]]:
        gate.wait(LIMIT_S)
        return np.ones((3, 2), np.float32), np.ones(3, bool)

    for i in range(8):
        layouts.start(str(i), LayoutRequest("tsne"), load)
    with pytest.raises(BadRequestError, match="8 layouts"):
        layouts.start("one more", LayoutRequest("tsne"), load)
    gate.set()
    wait_until(lambda: all(layouts.find(str(i)).is_over for i in range(8)), "all of them")


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)  # as where it is not installed: the import fails
    monkeypatch.delitem(sys.modules, "umap", raising=False)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if "site-packages" not in path])
    sys.path_importer_cache.clear()
    with pytest.raises(MissingExtraError, match=r"UMAP needs umap-learn: pip install 'trainboard\[analysis\]'"):
        Layouts().start("a", LayoutRequest("umap"), lambda: (np.ones((9, 2), np.float32), np.ones(9, bool)))


def test_a_list_that_appears_or_changes_is_told(tmp_path: Path) -> None:
    heard: list[Delta] = []
    run = run_with(tmp_path / "run", "")
    (run / "projector_config.pbtxt").unlink()
    with Logs(tmp_path, cache=False) as logs:
        logs.watch(heard.append)
        wait_until(lambda: "run" in logs, "the run")
        assert Kind.EMBEDDING not in logs.counts()
        run_with(tmp_path / "run", tensors_tsv="1\t2\n")
        expected = ("points", Kind.EMBEDDING)
        wait_until(lambda: any(expected in delta.grew.get("run", ()) for delta in list(heard)), "the news")
        assert logs.counts()[Kind.EMBEDDING] == 1
        told = len(heard)
        time.sleep(0.01)  # another mtime
        run_with(tmp_path / "run", 'embeddings { tensor_name: "other" tensor_path: "tensors.tsv" }')
        wait_until(lambda: any(("other", Kind.EMBEDDING) in d.grew.get("run", ()) for d in heard[told:]), "more news")
