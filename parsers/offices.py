"""Lists of offices, parted: 省教育厅、省财政厅和省住房和城乡建设厅 are three, and the last one's 和 is its own."""

from __future__ import annotations

import re

_OWN_AND = re.compile("(住房|人力资源|工业|文化|发展|广播|民族)和(?=社会保障|城乡|信息化|旅游|改革|电视|宗教)")
_JOINERS = re.compile("、|和|与|及|以及|会同|联合")
_HELD = "\1"


def parted(words: str) -> list[str]:
    """Return the parts of a list that is joined by 、, 和, 会同 and the like; empty ones too."""
    held = _OWN_AND.sub(rf"\1{_HELD}", words)
    return [part.replace(_HELD, "和") for part in _JOINERS.split(held)]
