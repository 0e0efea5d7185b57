"""A detail page → what stands around the letter (title, byline) and the lines of the letter itself.

Every selector is a hypothesis: they are tried in order, and the frame says which one found the letter. A page on which
none does has no lines and no selector; the caller reports it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from parsers.markup import Element, Page, has_table, lines_of, text_of
from parsers.numerals import date_in
from parsers.text import normalise
from schemas.replies import TextSource

_TITLE_END = re.compile(r"(?:答复(?:的函|意见|摘要)?|复函|会办意见)$")
_TITLE_WITH_SALUTATION = re.compile(
    r"^(?P<title>.*(?:答复(?:的函|意见|摘要)?|复函|会办意见))\s*(?P<salutation>[^\s《》()]{2,40}):$"
)
_PUBLISHED = re.compile(r"发布(?:时间|日期):?\s*([\d年月日./ -]+)")
_EDITOR = re.compile(r"编辑:?\s*(.*?)(?=\s*(?:[|•·]|来源|发布|打印|字体|浏览|\[|【|$))")
_SOURCE = re.compile(r"(?:信息)?来源:?\s*(.*?)(?=\s*(?:[|•·]|编辑|发布|打印|字体|浏览|\[|【|$))")
_VIEWING_DATE = re.compile(r"今天是:?\s*\d{4}\s*年")
_NEIGHBOUR = re.compile(r"^(?:上一[条篇]|下一[条篇]).*\d")
_FILE = re.compile(r"\.(?:docx?|wps|xlsx?|pdf|ofd|zip|rar)(?:$|\?)", re.IGNORECASE)
_CUT = ("…", "...", "．．．")
_CELLS = " | "
_ATTACHMENT_WORDS = re.compile(r"^附件下载:?$")
_LONGEST_TITLE = 500
"""Characters; no title, account or source is half as long, and what is longer is something else gone astray."""
_MOST_PLACES = 20
"""How many of the places that a selector finds are looked into: they may be nested, each with all of the next."""


@dataclass(frozen=True, slots=True)
class PageSelectors:
    """Where title, byline and letter are looked for, in order."""

    title: tuple[str, ...]
    byline: tuple[str, ...]
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page says around and as its letter, normalised.

    `title` is the line as printed, `title_proper` the same without a salutation that stands on it.
    `lines` are the paragraphs of the letter; title lines repeated among them are taken out. `selector` is the
    hypothesis that found them, or the address of the file that they stand in (`text_source`). `images` counts pictures
    in the letter's place. `oversized` pages are not read at all.
    """

    title: str | None
    title_proper: str | None
    salutation_in_title: str | None
    published_on: dt.date | None
    editor_account: str | None
    page_source: str | None
    lines: tuple[str, ...]
    selector: str | None
    images: int
    flags: frozenset[str]
    text_source: TextSource = "page"
    oversized: bool = False


@dataclass(frozen=True, slots=True)
class LetterFile:
    """A file that holds the letter: its address, what the site calls it, and its lines."""

    url: str
    title: str
    lines: tuple[str, ...]


def read_frame(html: str, selectors: PageSelectors) -> Frame:
    """Read the page `html`."""
    page = Page(html)
    metas = page.metas()
    body, body_lines, selector = _body(page, selectors.body)
    page_lines = page.lines_around(body) + body_lines
    lines = [line for line in body_lines if not _ATTACHMENT_WORDS.match(line)]

    title = _title(page, selectors.title) or _short(normalise(metas.get("articletitle", "")))
    printed_in_letter = _title_lines(lines, title)
    title = title or (_short(lines[0]) if printed_in_letter else None)
    title_proper, salutation = _without_salutation(title)
    lines = lines[printed_in_letter:]
    byline = " ".join(_byline_lines(page, page_lines, selectors.byline))

    flags = {
        "repeated_title": title is not None and page_lines.count(title) > 1,
        "salutation_in_title": salutation is not None,
        "viewing_date": any(_VIEWING_DATE.search(line) for line in page_lines),
        "neighbour_numbers": any(_NEIGHBOUR.match(line) for line in page_lines),
        "attachment_missing": _attachment_missing(page, page_lines),
        "has_table": body is not None and has_table(body),
    }
    return Frame(
        title=title,
        title_proper=title_proper,
        salutation_in_title=salutation,
        published_on=_found_date(_PUBLISHED, byline) or date_in(metas.get("pubdate", "")),
        editor_account=_found(_EDITOR, byline),
        page_source=_found(_SOURCE, byline) or _short(normalise(metas.get("contentsource", ""))),
        lines=tuple(lines),
        selector=selector,
        images=sum(1 for _ in body.iter("img")) if body is not None else 0,
        flags=frozenset(name for name, seen in flags.items() if seen),
        oversized=page.oversized,
    )


def in_file(frame: Frame, file: LetterFile) -> Frame:
    """Return the frame of a letter that stands in a file: the page's title and byline around the file's lines.

    Without a page (the list leads to the file) the title is the list's, unless that is cut.
    """
    named = _FILE.sub("", file.title)
    title = frame.title or (None if named.endswith(_CUT) else named) or None
    repeated = _title_lines(list(file.lines), title)
    title = title or (file.lines[0] if repeated else named) or None
    title_proper, salutation = _without_salutation(title)
    said_of_letter = {"has_table": any(_CELLS in line for line in file.lines), "salutation_in_title": bool(salutation)}
    flags = frame.flags - {"has_table"} | {name for name, seen in said_of_letter.items() if seen}
    return replace(
        frame,
        title=title,
        title_proper=title_proper,
        salutation_in_title=salutation,
        lines=file.lines[repeated:],
        selector=file.url,
        images=0,
        flags=frozenset(flags),
        text_source="attachment",
    )


def _title(page: Page, selectors: tuple[str, ...]) -> str | None:
    """Return the text of the first selector's first match that has any."""
    return next((text for css in selectors for place in page.select(css)[:1] if (text := _short(text_of(place)))), None)


def _short(text: str) -> str | None:
    """Return a text that can be a title or a name, None for any other."""
    return text if 0 < len(text) <= _LONGEST_TITLE else None


def _body(page: Page, selectors: tuple[str, ...]) -> tuple[Element | None, list[str], str | None]:
    """Return the letter's place, its lines and the selector that found it: of several places the first with any."""
    for selector in selectors:
        places = page.select(selector)
        if places:
            read = ((place, lines_of(place)) for place in places[:_MOST_PLACES])
            place, lines = next((found for found in read if found[1]), (places[0], []))
            return place, lines, selector
    return None, [], None


def _without_salutation(title: str | None) -> tuple[str | None, str | None]:
    """Take a salutation off the end of a title line: some pages print both in one."""
    both = _TITLE_WITH_SALUTATION.match(title or "")
    return (both["title"], both["salutation"]) if both else (title, None)


def _title_lines(lines: list[str], title: str | None) -> int:
    """Return how many of the letter's first lines only repeat the title, or are the title of a page without one."""
    count, known = 0, {title, _without_salutation(title)[0]}
    for line in lines[:4]:
        if line in known or (title is None and count == 0 and _TITLE_END.search(line)):
            count += 1
            known.add(line)
        else:
            break
    return count


def _byline_lines(page: Page, page_lines: list[str], selectors: tuple[str, ...]) -> list[str]:
    for selector in selectors:
        elements = page.select(selector)
        if elements:
            return [line for element in elements for line in lines_of(element)]
    return [line for line in page_lines if len(line) < 120 and _PUBLISHED.search(line)][:1]


def _found(pattern: re.Pattern[str], byline: str) -> str | None:
    match = pattern.search(byline)
    return _short(match.group(1).strip(" :•·|")) if match else None


def _found_date(pattern: re.Pattern[str], byline: str) -> dt.date | None:
    return date_in(_found(pattern, byline) or "")


def _attachment_missing(page: Page, page_lines: list[str]) -> bool:
    announced = any(_ATTACHMENT_WORDS.match(line) for line in page_lines)
    return announced and not any(_FILE.search(address) for address, _ in page.links())
