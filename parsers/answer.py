"""What an answer of the site is: the page that was asked for, or one of the things that look like it.

Reference for the marks: site.md, "How such sites misbehave". A challenge is recognised in order to stop asking; nothing
of it is ever read as a letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from parsers.listing import absolute
from schemas.captures import Outcome

_CHALLENGE_STATUS = frozenset({412, 521})
_HINTS = ("$_ts", "WZWS", "wzws", "__jsl")
_CHALLENGE = re.compile(r"\$_ts\s*=|WZWS-RAY|wzwschallenge|wzwscspd|__jsl_clearance", re.IGNORECASE)
"""Scripts that no letter holds, however long the page is; without a hint there is none, which is told much faster."""
_CAPTCHA = r"请?输入验证码|访问验证|安全验证|滑动验证"
"""Words that a letter may hold as well: they count only where they are nearly all that a page says."""
_SOFT_GONE = (
    r"(?:页面|网页|文章|内容|信息|地址)[^。,<]{0,8}(?:不存在|已删除|已被删除|未找到|找不到)"
    r"|404\s*(?:not found|错误|页面)|page not found"
)
_ERROR = (
    r"(?:系统|服务器?|程序|应用|数据库)[^。,<]{0,6}(?:错误|异常|繁忙|出错|故障)|Internal Server Error|HTTP Status 5\d\d"
    r"|Service (?:Temporarily )?Unavailable|Bad Gateway|Fatal error|Stack ?trace"
    r"|(?:网站|系统|平台|页面|服务器?)(?:正在|正|现|暂时|例行)[^。,<]{0,6}(?:升级|维护|改版|建设)"
    r"|(?:网站|系统|平台|页面|服务器?)[^。,<]{0,4}(?:升级|维护|改版)(?:中|期间|通知|公告)"
)
_MARKS: tuple[tuple[Outcome, str], ...] = (("blocked", _CAPTCHA), ("gone_soft", _SOFT_GONE), ("error_page", _ERROR))
_SAYS = [(outcome, re.compile(words, re.IGNORECASE)) for outcome, words in _MARKS]
_NAMED = [
    (outcome, re.compile(rf"\W*(?:(?:抱歉|对不起|提示)\W*)?(?:您?(?:所|要)?访问的)?(?:{words})了?\W*", re.IGNORECASE))
    for outcome, words in (*_MARKS, ("gone_soft", "404"), ("error_page", r"50[0234]"))
]
"""A title, or a part of one, that says nothing else."""
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,200})", re.IGNORECASE)
_HEAD = 20_000
"""How far into a page its title is looked for."""
_BETWEEN = re.compile(r"\s+[-–—]\s+|[_|]|-{2,}|[-–—](?=\D)|(?<=\D)[-–—]")
"""What stands between a page's name and its site's in a title."""
_LETTER = re.compile(r"收悉|答复如下|(?:提案|建议)[^。,<]{0,4}(?:答复|复函)")
"""What only a letter says: a page with such words is no stub, whatever else it speaks of."""
_STUB = 300
"""A page that says it is gone, or broken, says little else: such words count only in a text shorter than this."""
_PIECE = re.compile(r"<(script|style|a|option)\b|(?:^|>)\s*([^<>\s][^<>]*)", re.IGNORECASE)
"""A text between tags, or the begin of what is no text of the page's own."""
_PARAGRAPH = re.compile(r">[^<>{};=]{40,}<(?!/a)", re.IGNORECASE)
"""A long text that is neither a link nor code: with some of them a page is no stub, which is told much faster."""
_ENDS = {tag: re.compile(rf"</{tag}\b", re.IGNORECASE) for tag in ("script", "style", "a", "option")}
_HOME = re.compile(r"^/?(?:(?:index|default|home)\.\w+)?$", re.IGNORECASE)


def outcome_of(status: int, html: str | None, url: str = "", location: str | None = None) -> Outcome:
    """Return the outcome of an answer with HTTP `status`.

    `html` is its body if that is a page, empty if it has none, None if it is a file. Only 200 and 203 can bring a page,
    and not with an empty body. A redirect is judged by where it leads from `url`: `location`, as the header says it.

    A 403 is `blocked` if it brings a challenge. Without one it may be this one address that is forbidden, or the whole
    site for where we are: `forbidden`, and the crawl takes several in a row for a block.
    """
    if status == 304:
        return "unchanged"
    if status in _CHALLENGE_STATUS or (html and _is_challenge(html)):
        return "blocked"
    if status == 403:
        return "blocked" if html and _stub(html) == "blocked" else "forbidden"
    if status in (404, 410):
        return "gone"
    if 300 <= status < 400:
        return _redirection(url, location)
    if status == 429 or status >= 500:
        return "server_error"
    if 400 <= status < 500:
        return "client_error"
    if status not in (200, 203):
        return "no_page"
    if html is None:
        return "ok"
    return _stub(html) if html.strip() else "no_page"


def _is_challenge(html: str) -> bool:
    return any(mark in html for mark in _HINTS) and _CHALLENGE.search(html) is not None


def _redirection(url: str, location: str | None) -> Outcome:
    try:
        target, asked = urlsplit(absolute(url, location or "")), urlsplit(url)
    except ValueError:  # leads to no address at all
        return "redirected"
    if target.geturl() == url:
        return "redirect_loop"
    leads_home = target.netloc == asked.netloc and _HOME.match(target.path) and not _HOME.match(asked.path)
    return "redirected_home" if leads_home else "redirected"


def _texts(html: str) -> Iterator[str]:
    """Yield the texts between the tags of a page; scripts, styles and links, which are its frame, are left out."""
    piece = _PIECE.search(html)
    while piece:
        tag, text = piece.groups()
        if tag is None:
            yield " ".join(text.split())
        else:
            piece = _ENDS[tag.lower()].search(html, piece.end())
        piece = piece and _PIECE.search(html, piece.end())


def _stub(html: str) -> Outcome:
    """Tell a page from one that stands in its place, by its title or the few words that it says: gone, or broken."""
    named = _named(html)
    if named:
        return named
    told = 0
    for paragraph in _PARAGRAPH.finditer(html):
        told += paragraph.end() - paragraph.start()
        if told >= _STUB:
            return "ok"  # nearly every page, and long before its end
    words = ""
    for text in _texts(html):
        words = f"{words} {text}" if words else text
        if len(words) >= _STUB:
            return "ok"
    if _LETTER.search(words):
        return "ok"
    return next((outcome for outcome, says in _SAYS if says.search(words)), "ok")


def _named(html: str) -> Outcome | None:
    """Return what a page's title, or a part of it, says and nothing else: 404, 安全验证."""
    title = _TITLE.search(html, 0, _HEAD)
    if title is None:
        return None
    parts = [title[1], *_BETWEEN.split(title[1])]
    return next((outcome for part in parts for outcome, names in _NAMED if names.fullmatch(part)), None)
