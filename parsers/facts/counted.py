"""What a quantity counts: the noun behind it (50所兴辽产业学院), else the one before it (兴辽产业学院50个).

Neither has a sign where it begins. From the number outwards words are taken until one comes that cannot be part of the
noun: a verb of action, a preposition, an adverb, a time, 的. A verb counts as part of a noun where nouns are made with
it: 培训经费, 专场招聘活动, 配备率.
"""

from __future__ import annotations

import re

from parsers.clauses import verbs
from parsers.words import is_verb, words_between

_LONGEST = 40
_UNITS = frozenset("元 万元 亿元 人 个 名 所 家 年 % 天 小时 分钟 课时 公里 平方米 项 次 场 万人 分".split())
_NUMBERED_NAME = re.compile(r"(?:周?岁|号线?|级|万人口|人口)")
"""With a number before it a name begins: 60周岁及以上人口, 1号线, 每10万人口."""
_NUMERALS = re.compile(r"(?:第|每|地铁|[\d.~—–-])*\d$")
_REACHED_BEHIND = re.compile(r"(?<=[率数量额值比长重积])(?:达|为|超|近|约)$")
_CELL, _TOTAL = " | ", re.compile("合计|总计|小计")
"""In a row of a table a number counts what the row's first cell names."""
_COUNTIES = re.compile(r"[县市区](?:\([县市区、]+\)|、[县市区](?![\u4e00-\u9fff]))")
_REACHES = frozenset(
    (
        "达到 达 为 占 约占 占到 提高 提高到 提高至 提升 提升到 提升至 增加 增加到 增加至 增至 增长 增长到 "
        "增长至 上升 上升到 下降 下降到 下降至 "
        "降至 降低 降低到 降到 减少 减少到 保持 保持在 稳定 稳定在 控制 控制在 超过 突破 接近 不足 仅 由 从 至 "
        "到 在 新增 扩大 扩大到 上调 上调至 统一 "
        "不低于 不少于 不超过 不 少于 低于 多于 高于 不多于 不高于 均 已 分别 约 近 逾 超 将 平均 年均 同比 共 "
        "共有 共计 总计 合计 累计 有 现有 已有 "
        "就 只 还 和 及 和 、 每年 最高 "
        "最低 至少 各 每 的 了 力争 基本 翻 净增 递增 递减 每年递增 不少 于 缩短为 降为 增为 调整为 调整到 缩短 "
        "缩短到 延长 延长到 比 较 上年 上年度 去年 同期 总数 保留 现存"
    ).split()
)
"""Words between a noun and its number that say how the number came about."""
_STOPS = frozenset(
    (
        "的 了 着 过 为 对 在 向 从 以 由 把 将 被 使 让 给 给予 等 及其 并 且 也 都 还 又 再 均 各 每 已 已经 "
        "正在 可 能 会 要 应 需 需要 是 有 "
        "其中 包括 同时 目前 当前 今年 去年 全年 近年来 每年 年均 同比 累计 共 共有 共计 总计 合计 分别 全部 "
        "首批 新 严格 现有 拥有 设有 建有 开有 "
        "按 全省 全国 我省 全市 各地 各市 各级 该 本 此 部分 多 每周 每学期 每学年 第二批 力争 左右 内 外 中 "
        "后 前 上 下 里 间 来 以来 期间 通过 依托 按照 根据 围绕 面向 "
        "针对 会同 联合 与 同 吸引 来自 达到 达 占 提高 提高到 增加 增加到 超过 不足 至 到 于 仅 最高 最低 至少 "
        "年 日 入选 获得 取得 获 获评 成为 "
        "涉及 惠及 覆盖 输送 直接 间接 逐步 持续 深入 进一步 带动 停招 并存 建成 建有 单独 专门 统一 可供 供 用 "
        "用于 只 才 即 或 或者 若 但 而 因 所 "
    ).split()
)
NOMINAL = frozenset(
    (
        "招聘 编制 培训 对接 实训 研修 咨询 服务 管理 资助 补助 补贴 奖励 研发 宣传 宣讲 监测 转化 建设 教研 投入 "
        "投资 保障 改革 创新 合作 联合 攻关 管护 "
        "体验 辅导 研究 实践 测评 评估 评价 检查 督导 指导 竞赛 比赛 展演 交流 研讨 融合 试点 示范 运行 运营 "
        "帮扶 托管 筛查 干预 应用 设计 规划 "
        "培养 配套 维修 应用 评估 安置 共享 共用 送教 结对 试行 对口 考核"
    ).split()
)
"""Verbs with which names are made; where one begins what is counted, it is the clause's own verb."""
_NOMINAL_BEHIND = frozenset(
    (
        "联合 攻关 实训 创业 示范 培训 研修 服务 管理 体验 辅导 监测 研究 实践 试点 改革 创新 合作 融合 展演 "
        "竞赛 宣讲 招聘 对接 教研 重点 试验 "
        "咨询 指导 浸润 共享 共用 送教 检查 督导 评估 筛查 交流 保障 研发"
    ).split()
)
"""Those that stand so inside a name behind its number; others there say what the counted do: 9所高校开设…."""
_LEADING = frozenset(
    "获批 整改 抽检 出动 终止 原有 在册 主动 发现 注册 计划 参学 观演 首期 个别 予以 入户 联网 相关 有关".split()
)
"""Words that stand before a noun and are no part of its name."""
_NAMING = frozenset(
    "就业 创业 升学 毕业 招生 办学 入学 运动 学习 教育 生活 阅读 劳动 住宿 教学 科研 开放 普惠 通用 专用 公用 "
    "留守 残疾 在校 退役 退休 骨干 优秀 优质 重点".split()
)
"""Words that are verbs by the dictionary and begin names: 就业岗位."""
_MEASURED = re.compile(
    r"^(?:率|比例|比重|标准|规模|额|额度|人数|数量|总数|总量|总额|总值|面|费|力度|水平|占比|面积|资格|名额)"
)
_LEAD = re.compile(
    r"^(?:(?:每|各)(?:个|所|名|人|生|校|年|县|市|家)(?:项目|学校|中心|企业|县|基地)?|一线(?=教师$)|首批|全省|全国|"
    r"我省|全市|各级|各类|其中)+"
)
_PER = re.compile(r"(?:每(?:个|所|名|人|生|校|年|月|学年|学期|家))+$")
_FUNDS_AFTER = re.compile(r"的?([\u4e00-\u9fff]{0,6}(?:资金|经费|资助|补助|奖励|奖补|贷款|补贴|投资))")
_PERCENT_OF = re.compile(r"的(?!建议|问题|要求|目标|提案|比例|标准)([\u4e00-\u9fff]{2,10}?)(?=用于|用来|[,。;、]|$)")
_NUMBERED = re.compile(r"[\d.%一二两三四五六七八九十百千万亿余多—–~-]+(?:元|人|个|名|所|家|%)?$")
_QUOTE_END = re.compile(r"“[^“”]{1,20}”$")


def counted_at(passage: str, start: int, end: int, unit: str, last: str | None) -> str | None:
    """Return what the quantity at `start`:`end` counts; `last` is what the one before it in the sentence counts."""
    if _CELL in passage:
        label = passage.split(_CELL, 1)[0].strip()
        return (
            None
            if unit.endswith("元") or len(label) > 2 * _LONGEST or _TOTAL.match(label) or re.search(r"\d", label)
            else label or None
        )
    if unit in ("%", "‰") or unit.endswith("分点"):
        of = _PERCENT_OF.match(passage, end) if unit == "%" else None
        before, reached = _before(passage, start)
        return (of.group(1) if of else None) or before or (last if reached else None)
    if unit.endswith("元"):
        funds = _FUNDS_AFTER.match(_rest(passage, end))
        return funds.group(1) if funds else _before(passage, start)[0]
    behind = noun_after(passage, end)
    if behind:
        return behind
    before, reached = _before(passage, start)
    return before or (last if reached else None)


def _rest(passage: str, end: int) -> str:
    """Return what follows a money value in its clause, a range's second value passed over."""
    clause = re.split(r"[,。;:]", passage[end : end + _LONGEST], maxsplit=1)[0]
    return re.sub(r"^至[\d.]+[万亿]*元", "", clause)


def noun_after(passage: str, end: int) -> str | None:
    """Return the noun that begins at `end`, None if none does."""
    counties = _COUNTIES.match(passage, end)
    if counties:
        return counties.group()
    start = end + passage.startswith("的", end)
    until = start + len(re.split(r"[,。;:、!?()《“|]", passage[start : start + _LONGEST], maxsplit=1)[0])
    level = re.match(r"[百千万]亿级", passage[start:until])
    phrase = level.group() if level else ""
    words = words_between(passage, start + len(phrase), until)
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word in ("和", "及") and phrase and following and following not in verbs() and following not in _STOPS:
            phrase += word
            continue
        if word in _STOPS or re.match(r"\d", word):
            break
        if word in verbs() and not _makes_a_name(word, phrase, following):
            break
        if not phrase and is_verb(word) and word not in NOMINAL and word not in _NAMING:
            break
        if phrase and is_verb(word) and word not in _NOMINAL_BEHIND:
            break
        phrase += word
    return phrase.rstrip("和及") or None


def _makes_a_name(word: str, phrase: str, following: str) -> bool:
    """Tell whether a verb behind a number is part of a name (50个培训基地) rather than what is done (学校建设基地)."""
    if not following or following in verbs() or following in _STOPS:
        return not following and bool(phrase) and word in NOMINAL
    return word in NOMINAL and (
        not phrase or word not in ("建设", "组织", "参与", "支持", "投入", "培养", "使用", "开发")
    )


def _before(passage: str, start: int) -> tuple[str | None, bool]:
    """Return (the noun before a number, whether words between say how the number came about)."""
    lead = re.split(r"[,。;:!?|]", passage[max(0, start - 2 * _LONGEST) : start])[-1]
    per = _PER.search(lead)
    end = start - (len(per.group()) if per else 0)
    words = _parted(words_between(passage, start - len(lead), end))
    reached = False
    while (
        words
        and words[-2:] != ["占", "比"]
        and (words[-1] in _REACHES or _NUMBERED.fullmatch(words[-1]) or _is_year(words))
    ):
        reached = reached or words[-1] not in ("的", "了")
        words.pop()
        while words and words[-1] in _UNITS:
            words.pop()
    if words and len(words[-1]) > 1:
        words[-1] = _REACHED_BEHIND.sub("", words[-1])
    text = "".join(words)
    phrase: list[str] = []
    while words:
        quoted = _QUOTE_END.search(text) if words[-1] == "”" else None
        if quoted:
            taken = quoted.group()
            words = words[: len(words) - _words_in(words, taken)]
            phrase.insert(0, taken)
            text = text[: -len(taken)]
            continue
        if not _joins(words, phrase):
            break
        text = text[: -len(words[-1])]
        phrase.insert(0, words.pop())
    while len(phrase) > 1 and phrase[0] in _LEADING:
        phrase.pop(0)
    noun = _LEAD.sub("", "".join(phrase)).strip("和及与、 ")
    number = _NUMERALS.search(text) if _NUMBERED_NAME.match(noun) else None
    noun = number.group() + noun if number else noun
    if re.fullmatch(r"“[^“”]+”", noun):
        noun = noun[1:-1]
    return noun if len(noun) > 1 else None, reached and not noun


def _parted(words: list[str]) -> list[str]:
    """Part what jieba takes for one word and is a verb with its object or adverb: 签订|合同, 统筹|安排."""
    parted: list[str] = []
    for word in words:
        halves = (word[:2], word[2:]) if len(word) == 4 else ()
        if any(half in verbs() for half in halves) and not all(half in verbs() | NOMINAL for half in halves):
            parted += halves
        else:
            parted.append(word)
    return parted


def _is_year(words: list[str]) -> bool:
    return words[-1] == "年" and len(words) > 1 and bool(re.fullmatch(r"(?:19|20)\d\d", words[-2]))


def _words_in(words: list[str], taken: str) -> int:
    """Return how many of the last words make up the passage `taken`."""
    length = 0
    for count, word in enumerate(reversed(words), start=1):
        length += len(word)
        if length >= len(taken):
            return count
    return len(words)


def _joins(words: list[str], phrase: list[str]) -> bool:
    """Tell whether the last of `words` is part of the noun that `phrase` continues."""
    word, left = words[-1], words[-2] if len(words) > 1 else ""
    if word in ("年", "月"):
        return not left[-1:].isdigit()
    if _belongs(word, left, phrase):
        return True
    if phrase and word in ("和", "及", "以及", "与"):
        return bool(left) and left not in verbs() and left not in _STOPS and not _PUNCTUATION.search(left)
    if word in _STOPS or _PUNCTUATION.search(word) or re.search(r"\d", word):
        return bool(re.fullmatch(r"1\+X", word))
    return word not in verbs() or _is_nominal(word, left, phrase)


def _belongs(word: str, left: str, phrase: list[str]) -> bool:
    """Tell whether a word that would else end a noun is part of this one: 占|比, 生|均, 全国|重点实验室."""
    following = phrase[0] if phrase else ""
    return (
        (word == "占" and following == "比")
        or (word == "均" and left in ("生", "人", "班", "校", "户"))
        or (word == "全国" and following.startswith(("重点", "典型", "示范", "优秀", "文明")))
    )


def _is_nominal(word: str, left: str, phrase: list[str]) -> bool:
    """Tell whether a verb is part of the noun that follows it or stands for one: 配备|率, 专场|招聘|活动."""
    if phrase and _MEASURED.match(phrase[0]):
        return True
    if word not in NOMINAL or not left or _PUNCTUATION.search(left):
        return False
    return left in verbs() or left not in _STOPS


_PUNCTUATION = re.compile(r"[、()《》“”\s\0]")
