"""A page → the file that holds its letter, if the page holds none itself.

That is so if the letter's place says nothing but where the answer is (详见附件, 答复意见附后), names of files, a
salutation and a signature. A sentence of its own, however short, makes the page the letter and its files mere
attachments: 具体标准见附件 points to a standard.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from parsers.attachments import AttachmentLink, read_attachment_links
from parsers.frame import PageSelectors, read_frame
from parsers.parties import is_salutation

_READ = re.compile(r"\.(?:docx|pdf)$", re.IGNORECASE)
_LETTER = re.compile(r"\.(?:docx?|wps|pdf|ofd|zip|rar|7z)$", re.IGNORECASE)
"""What a letter can stand in: no spreadsheet."""
_REPLY = re.compile(r"答复|复函|回复|会办意见")
_POINTER = re.compile(
    r"^(?:具体|详细|详情|内容|全文|正文|敬请|请|可|点击|详|[,: ])*(?:见|查看|查阅|参阅|参看|下载|打开)?"
    r"[^。,;]{0,4}附件[^。,;]{0,10}[。!)]*$"
    r"|(?:答复|复函|回复|办理意见|会办意见)(?:意见|内容|情况|全文|正文|原文|文件|函|件)*[(,:]?(?:详情|全文|详|请|可|现|已)*"
    r"(?:见|附|下载|查看)[^。,;]{0,6}[。!)]*$"
)
_LONGEST_POINTER, _SHORT = 150, 25
_FILE_WORDS = re.compile(
    r"附件(?:下载)?[一二三四五六七八九十\d]*|\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar|7z)\b|[\W\d_]"
)


def letter_link(html: str, url: str, selectors: PageSelectors) -> AttachmentLink | None:
    """Return the link to the file that holds the letter of the page `html` at `url`; None if the page does."""
    every = read_attachment_links(html, url)
    links = [link for link in every if _LETTER.search(urlsplit(link.url).path)]
    if not links:
        return None
    frame = read_frame(html, selectors)
    labels = sorted((link.label for link in every if link.label), key=len, reverse=True)
    said = [line for line in frame.lines if not _names_files(line, labels)]
    pointed = any(_points(line) for line in said)
    if frame.selector is None or not all(_is_around(line) for line in said):
        return None
    named = [link for link in links if _REPLY.search(link.label)]
    if frame.images and not (pointed or named):
        return None  # the letter may be the picture
    return min(named or links, key=lambda link: _READ.search(urlsplit(link.url).path) is None)


def _names_files(line: str, labels: list[str]) -> bool:
    for label in labels:
        line = line.replace(label, "")
    return not _FILE_WORDS.sub("", line)


def _points(line: str) -> bool:
    return len(line) <= _LONGEST_POINTER and _POINTER.search(line) is not None


def _is_around(line: str) -> bool:
    """Tell whether a line is no sentence of a letter: it points to a file, addresses somebody or is signed."""
    return _points(line) or is_salutation(line) or (len(line) <= _SHORT and not re.search("[。;:]", line))
