"""What an answer of the site is: the page that was asked for, or one of the things that look like it.

Reference for the marks: site.md, "How such sites misbehave". A challenge is recognised in order to stop asking; nothing
of it is ever read as a letter.
"""

from __future__ import annotations

import re

from schemas.captures import Outcome

_CHALLENGE_STATUS = frozenset({412, 521})
_CHALLENGE = re.compile(
    r"\$_ts\s*=|WZWS|wzwschallenge|__jsl_clearance|请输入验证码|访问验证|安全验证|滑动验证", re.IGNORECASE
)
_SOFT_GONE = re.compile(
    r"(页面|网页|文章|内容|信息|地址)[^。,<]{0,8}(不存在|已删除|已被删除|未找到|找不到)|404\s*(not found|错误|页面)",
    re.IGNORECASE,
)
_STUB = 3000
"""A page that says it is gone says little else: the marks count only in a page shorter than this (characters)."""


def outcome_of(status: int, html: str | None) -> Outcome:
    """Return the outcome of an answer with HTTP `status` whose body, if it is a page, is `html`."""
    if status == 304:
        return "unchanged"
    if status in _CHALLENGE_STATUS or (html is not None and len(html) < 20_000 and _CHALLENGE.search(html)):
        return "blocked"
    if status in (404, 410):
        return "gone"
    if status == 403:
        return "blocked"
    if 300 <= status < 400:
        return "redirected"
    if 400 <= status < 500:
        return "client_error"
    if status >= 500:
        return "server_error"
    return "gone_soft" if html is not None and _says_gone(html) else "ok"


def _says_gone(html: str) -> bool:
    words = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>|\s+", "", html, flags=re.DOTALL | re.IGNORECASE)
    return len(words) < _STUB // 10 and bool(_SOFT_GONE.search(words))
