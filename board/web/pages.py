"""The pages: one shell around every body, useful before any script has run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from board.logs import Kind
from board.web.context import Board, Context
from board.web.encoding import shown_name
from board.web.static import OwnFiles

__all__ = ["create_pages_router"]

MAX_LISTED_RUNS = 500  # names in the HTML; the script that takes over asks for all of them


@dataclass(frozen=True, slots=True)
class Tab:
    """One page's place in the bar on top."""

    page: str  # its URL, its template, its style sheet and its module
    title: str
    kind: Kind | None  # what it counts; None: nothing
    interests: tuple[str, ...]  # what its script wants to hear of, beside the runs
    has_run_list: bool = True  # at its side
    is_always: bool = False  # shown where nothing of that kind was logged, too
    count: int = 0  # tags of that kind

    @property
    def is_shown(self) -> bool:
        """Whether it stands in the bar."""
        return self.is_always or self.count > 0


TABS = (
    Tab("scalars", "Scalars", Kind.SCALAR, ("scalar",), is_always=True),
    Tab("images", "Images", Kind.IMAGE, ("image",), is_always=True),
    Tab("graphs", "Graphs", Kind.GRAPH, ("graph", "scalar"), is_always=True),
    Tab("histograms", "Histograms", Kind.HISTOGRAM, ("histogram",), is_always=True),
    Tab("text", "Text", Kind.TEXT, ("text",)),
    Tab("audio", "Audio", Kind.AUDIO, ("audio",)),
    Tab("video", "Video", Kind.VIDEO, ("video",)),
    Tab("pr_curves", "PR curves", Kind.PR_CURVE, ("pr_curve",)),
    Tab("custom_scalars", "Custom scalars", Kind.CUSTOM_SCALARS, ("scalar", "custom_scalars")),
    Tab("meshes", "Meshes", Kind.MESH, ("mesh",)),
    Tab("embeddings", "Embeddings", Kind.EMBEDDING, ("embedding",)),
    Tab("tensors", "Tensors", Kind.TENSOR, ("tensor", "run_metadata")),
    Tab("hparams", "HParams", None, ("scalar", "hparams"), has_run_list=False, is_always=True),
    Tab("compare", "Compare", None, ("scalar", "image", "graph", "hparams"), is_always=True),
)


@dataclass(frozen=True, slots=True)
class PageContext:
    """Everything that a template may name."""

    page: str
    title: str
    tabs: tuple[Tab, ...]
    interests: str  # separated by commas
    has_run_list: bool
    logdir: str
    runs: list[str]  # the first of them
    run_count: int
    waiting: str  # why there are none; empty where there are
    static: str  # the folder of style sheets and modules, its version included
    preload: list[str]  # modules below static/js that the page will ask for
    asked_first: tuple[str, ...]  # what its script will ask for before all else
    plotly_url: str


def create_pages_router(templates_dir: Path, files: OwnFiles, plotly_url: str) -> APIRouter:
    """Make the routes of the pages; every URL in them is relative, so that they work below any prefix."""
    router = APIRouter(default_response_class=Response, include_in_schema=False)
    environment = Environment(
        loader=FileSystemLoader(templates_dir),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates = Jinja2Templates(env=environment)

    def render(tab: Tab, request: Request, board: Context) -> Response:
        context = _page_context(tab, board, files, plotly_url)
        values = {name: getattr(context, name) for name in PageContext.__slots__}
        return templates.TemplateResponse(request, f"{tab.page}.html", values, headers={"Cache-Control": "no-cache"})

    def page(tab: Tab) -> Callable[..., Response]:
        def show(request: Request, board: Board) -> Response:
            return render(tab, request, board)

        return show

    for tab in TABS:
        router.add_api_route(f"/{tab.page}", page(tab))
    router.add_api_route("/", redirect_to_first)
    return router


async def redirect_to_first(request: Request) -> Response:
    """Lead to the scalars, by a relative URL."""
    return RedirectResponse("scalars", status_code=307)


def _page_context(tab: Tab, board: Context, files: OwnFiles, plotly_url: str) -> PageContext:
    overview = board.logs.overview()
    counts = board.logs.counts()
    lists = ["modules/run_list.js"] if tab.has_run_list else []
    return PageContext(
        page=tab.page,
        title=tab.title,
        tabs=tuple(replace(each, count=counts.get(each.kind, 0) if each.kind else 0) for each in TABS),
        interests=",".join(("runs", *tab.interests)),
        has_run_list=tab.has_run_list,
        logdir=shown_name(", ".join(board.logdirs)),
        runs=[shown_name(run.name) for run in overview.runs[:MAX_LISTED_RUNS]],
        run_count=len(overview.runs),
        waiting=shown_name(overview.waiting or ""),
        static=f"static/v-{files.version}",
        # All at once: a browser that finds imports one after another comes back three times.
        preload=files.imported_by("main.js", *lists, f"modules/{tab.page}.js"),
        asked_first=("api/runs", *(["api/tags?kind=scalar"] if tab.page == "scalars" else [])),
        plotly_url=plotly_url,
    )
