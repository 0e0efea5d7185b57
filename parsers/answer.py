"""What an answer of the site is: the page that was asked for, or one of the things that look like it.

Reference for the marks: site.md, "How such sites misbehave". A challenge is recognised in order to stop asking; nothing
of it is ever read as a letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from schemas.captures import Outcome

_CHALLENGE_STATUS = frozenset({412, 521})
_CHALLENGE = re.compile(r"\$_ts\s*=|WZWS-RAY|wzwschallenge|wzwscspd|__jsl_clearance", re.IGNORECASE)
"""Scripts that no letter holds."""
_CAPTCHA = re.compile(r"请输入验证码|访问验证|安全验证|滑动验证")
"""Words that a letter may hold as well: they count only where they are nearly all that a page says."""
_SOFT_GONE = re.compile(
    r"(页面|网页|文章|内容|信息|地址)[^。,<]{0,8}(不存在|已删除|已被删除|未找到|找不到)|404\s*(not found|错误|页面)",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"(系统|服务器?|程序|应用|数据库)[^。,<]{0,6}(错误|异常|繁忙|出错|故障)|Internal Server Error|HTTP Status 5\d\d"
    r"|Service (Temporarily )?Unavailable|Bad Gateway|Fatal error|Stack ?trace",
    re.IGNORECASE,
)
_STUB = 300
"""A page that says it is gone, or broken, says little else: such words count only in a text shorter than this."""
_SILENT = re.compile(r"<(?:script|style)\b", re.IGNORECASE)
_SILENT_END = re.compile(r"</(?:script|style)\s*>", re.IGNORECASE)
_TEXT = re.compile(r"(?:^|>)\s*([^<>\s][^<>]*)")
_HOME = re.compile(r"^/?(?:(?:index|default|home)\.\w+)?$", re.IGNORECASE)


def outcome_of(status: int, html: str | None, url: str = "", location: str | None = None) -> Outcome:
    """Return the outcome of an answer with HTTP `status` whose body, if it is a page, is `html`.

    A redirect is judged by where it leads from `url`: `location`, as the header says it.
    """
    if status == 304:
        return "unchanged"
    if status in _CHALLENGE_STATUS or (html is not None and len(html) < 20_000 and _CHALLENGE.search(html)):
        return "blocked"
    if status in (404, 410):
        return "gone"
    if status == 403:
        return "blocked"
    if 300 <= status < 400:
        return _redirection(url, location)
    if status == 429:
        return "server_error"
    if 400 <= status < 500:
        return "client_error"
    if status >= 500:
        return "server_error"
    return _stub(html) if html is not None else "ok"


def _redirection(url: str, location: str | None) -> Outcome:
    try:
        target, asked = urlsplit(urljoin(url, location or "")), urlsplit(url)
    except ValueError:  # leads to no address at all
        return "redirected"
    if target.geturl() == url:
        return "redirect_loop"
    leads_home = target.netloc == asked.netloc and _HOME.match(target.path) and not _HOME.match(asked.path)
    return "redirected_home" if leads_home else "redirected"


def _texts(html: str) -> Iterator[str]:
    """Yield the texts between the tags of a page, scripts and styles left out."""
    for part in _SILENT_END.split(html):
        spoken = _SILENT.search(part)
        for found in _TEXT.finditer(part, 0, spoken.start() if spoken else len(part)):
            yield " ".join(found[1].split())


def _stub(html: str) -> Outcome:
    """Tell a page from a few words in its place: gone, or broken."""
    words = ""
    for text in _texts(html):
        words = f"{words} {text}" if words else text
        if len(words) >= _STUB:
            return "ok"  # nearly every page, and long before its end
    if _CAPTCHA.search(words):
        return "blocked"
    if _SOFT_GONE.search(words):
        return "gone_soft"
    return "error_page" if _ERROR.search(words) else "ok"
