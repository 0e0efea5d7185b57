"""An archive of thousands of made-up letters, crawled from a site on loopback: for what is measured from there on."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from flows.crawl.archive import Archive
from flows.crawl.frontier import Frontier
from flows.crawl.session import Session
from flows.crawl.site_folder import serving
from flows.datasets import load_dataset
from tests.conftest import copy_of_demo
from tests.flows.living_site import LivingSite
from tests.made_grammar import Writer

_CLOSE = ("感谢您对我省教育工作的关心和支持。", "辽宁省教育厅", "2024年5月30日")
_LISTED = 200


def make_archive(datasets: Path, letters: int, seed: int = 1) -> Path:
    """Make the dataset `demo` in the folder `datasets` with an archive of so many letters; return `datasets`."""
    copy_of_demo(datasets)
    folder = datasets / "demo"
    (folder / "corrections.toml").unlink()
    shutil.rmtree(folder / "site")
    _write_site(folder / "site", letters, seed)
    dataset = load_dataset("demo", datasets)
    archive = Archive(dataset.archive)
    with serving(dataset, later=False) as proxy, archive.writing(dataset.name):
        frontier = Frontier(dataset, Session(dataset, proxy), archive)
        frontier.read_robots()
        walks = [walk for column in dataset.columns for walk in frontier.walk(column)]
        for _ in frontier.fetch(frontier.planned(walks)):
            pass
        frontier.finish()
    shutil.rmtree(folder / "site")
    return datasets


def _write_site(folder: Path, letters: int, seed: int) -> None:
    writer, rng = Writer(random.Random(seed)), random.Random(seed)
    site = LivingSite(per_page=_LISTED)
    for number in range(letters):
        site.add(str(number), page=_page(writer, 1 + number, rng.randint(4, 8)), at=number)
    pages = -(-letters // _LISTED)
    lists = {site.list_path("2024n", n): site.list_page("2024n", n, pages) for n in range(1, pages + 1)}
    for path, html in {**site.pages, **lists}.items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(html, encoding="utf-8")


def _page(writer: Writer, number: int, passages: int) -> str:
    title, salutation, first = (text.replace("7100", f"{number:04}") for text in writer.opening())
    lines = [salutation, first, *(line for _ in range(passages) for line in writer.passage()), *_CLOSE]
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="xxgk_tit"><h1>{title}</h1></div><div class="TRS_Editor">{body}</div></body></html>'
    )
