"""A grammar that writes letters about the education of a province, out of a seed: none of them states a fact."""

from __future__ import annotations

import random

_TOPICS = (
    "职业教育 产教融合 学前教育 义务教育均衡发展 乡村教师队伍建设 校园足球 心理健康教育 劳动教育 "
    "特殊教育 老年教育 智慧教育 双减工作 民办教育 研究生教育 高校科技成果转化 校园安全 家庭教育 民族教育 "
    "继续教育 体育与健康教育 美育 课后服务 思想政治教育 国防教育 普通高中多样化发展 大学生就业创业 "
    "学生近视防控 食品安全教育 生态文明教育 中华优秀传统文化教育"
).split()
_THINGS = (
    "产业学院:个 实训基地:个 示范学校:所 幼儿园:所 名师工作室:个 研学基地:个 心理辅导室:间 创客空间:个 "
    "教学资源库:个 精品课程:门 校外活动中心:个 教师培训班:期 实验室:个 足球特色学校:所 社区学院:所 "
    "远程教学点:个 技能大师工作室:个 科普基地:个"
).split()
_CITIES = "沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛".split()
_VERBS = "推进 完善 加强 深化 健全 落实 优化 扩大 支持 规范 创新 强化".split()
_OBJECTS = (
    "教师培训体系 经费保障机制 课程资源建设 校企合作模式 评价考核制度 师资队伍建设 信息化应用水平 "
    "基础设施建设 部门协同机制 教研指导工作 安全管理制度 监测评估工作 人才培养方案 优质资源共享 "
    "宣传引导工作 办学条件改善 试点示范工作 服务保障能力"
).split()
_ISSUERS = "省政府办公厅 教育部 省教育厅 省委办公厅 国务院办公厅 省财政厅 省人力资源和社会保障厅 教育部等九部门".split()
_KINDS = "实施意见 行动计划 实施方案 管理办法 指导意见 若干措施 三年行动方案 通知".split()
_AIMS = "办好人民满意的教育 建设教育强省 促进教育公平 服务地方发展".split()
_HEADINGS = "关于{} {}工作开展情况 {}基本情况".split()
_AREAS = "我省 全省 农村 县域 沿海地区".split()
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"


class Writer:
    """The grammar: sentences about the education of a province, out of a seed."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def opening(self) -> tuple[str, str, str]:
        """Return (page title, salutation, opening paragraph) of a letter whose number is 7100."""
        pick = self._rng.choice
        title = f"关于{pick(_VERBS)}{pick(_AREAS)}{pick(_TOPICS)}{pick(_OBJECTS)}"
        name = pick(_SURNAMES) + "".join(self._rng.sample(_GIVEN, self._rng.choice((1, 2))))
        return (
            f"省政协第十三届委员会第二次会议《{title}的提案》(第7100号)提案的答复",
            f"尊敬的{name}委员:",
            f"您提出的《{title}的提案》(第7100号)收悉,现答复如下:",
        )

    def passage(self) -> list[str]:
        """Return a heading and its paragraphs."""
        topic, rng = self._rng.choice(_TOPICS), self._rng
        ahead = rng.random() < 0.4
        heading = f"下一步{topic}工作打算" if ahead else rng.choice(_HEADINGS).format(topic)
        kinds = (self._ahead, self._told) if ahead else (self._done, self._told, self._cited, self._listed)
        paragraphs = (
            "".join(rng.choice(kinds)(topic) for _ in range(rng.choice((2, 3, 3, 4))))
            for _ in range(rng.choice((1, 2, 2, 3)))
        )
        return [f"一、{heading}", *paragraphs]

    def _number(self) -> int:
        return 7100 + self._rng.randrange(1, 900)

    def _thing(self) -> tuple[str, str]:
        thing, _, unit = self._rng.choice(_THINGS).partition(":")
        return thing, unit

    def _deeds(self, count: int) -> str:
        pick = self._rng.choice
        return ",".join(pick(_VERBS) + pick(_TOPICS) + pick(_OBJECTS) for _ in range(count))

    def _done(self, topic: str) -> str:
        (thing, unit), city = self._thing(), self._rng.choice(_CITIES)
        return (
            f"截至{self._rng.randrange(2015, 2026)}年底,全省已建成{topic}{thing}{self._number()}{unit},"
            f"{city}市新增{self._number()}{unit},累计惠及学生{self._number()}名。"
        )

    def _told(self, topic: str) -> str:
        return (
            f"{topic}是{self._rng.choice(_AIMS)}的重要内容,"
            f"{self._rng.choice(_CITIES)}、{self._rng.choice(_CITIES)}等地{self._deeds(2)},取得了一定成效。"
        )

    def _cited(self, topic: str) -> str:
        pick, year = self._rng.choice, self._rng.randrange(2012, 2026)
        document = f"关于{pick(_VERBS)}{pick(_TOPICS)}{pick(_OBJECTS)}的{pick(_KINDS)}"
        number = f"(辽教发〔{year}〕{self._rng.randrange(1, 99)}号)" if self._rng.random() < 0.5 else ""
        told = f"{year}年,{pick(_ISSUERS)}印发《{document}》{number}"
        return f"{told},对{topic}作出部署,要求{self._deeds(1)}。"

    def _listed(self, topic: str) -> str:
        things = "、".join(dict.fromkeys(self._thing()[0] for _ in range(3)))
        return f"围绕{topic},统筹建设{things}等平台,投入资金{self._number()}万元,{self._deeds(1)}。"

    def _ahead(self, topic: str) -> str:
        thing, unit = self._thing()
        year = self._rng.randrange(2018, 2031)
        return (
            f"{self._rng.choice(('下一步', '今后'))},我厅将{self._deeds(2)},"
            f"力争到{year}年底前建成{topic}{thing}{self._number()}{unit}。"
        )
