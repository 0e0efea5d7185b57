"""`search_letters`, `terms` and `postings`: the index of words that the SQL macro `search` asks.

Numbers stand for letters and words, 32 bits wide: 100,000 letters have some 30 million postings.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from schemas.columns import ReplyId
from schemas.table import About, Column, Table


class SearchLetter(Table):
    """A letter, as the index numbers it."""

    about: ClassVar = About(
        name="search_letters",
        en="The number of every letter in the index, how many words it has, and which rows of other tables are its.",
        zh="索引中各件答复的序号、词数及其在其他表中的行号。",
        key=("letter_no",),
        derived=True,
    )

    letter_no: Annotated[
        int,
        Column(
            "Row number of the letter in `replies`, from 0.",
            "该答复在 replies 中的行号，自 0 起。",
            source="derived",
            bits=32,
        ),
    ]
    reply_id: ReplyId
    words: Annotated[
        int,
        Column(
            "How many words of it are indexed, repeated ones counted: those of sentences, headings and titles.",
            "所索引的词数（重复计入）：句子、各级标题与题目。",
            unit="words",
            source="derived",
            bits=32,
        ),
    ]
    first_sentence: Annotated[
        int | None,
        Column(
            "Row number of its first sentence in `sentences`, from 0; null if it has none.",
            "其首行在 sentences 中的行号，自 0 起；无句子时为空。",
            source="derived",
            bits=32,
        ),
    ]
    last_sentence: Annotated[
        int | None,
        Column(
            "Row number of its last sentence in `sentences`; null if it has none.",
            "其末行在 sentences 中的行号；无句子时为空。",
            source="derived",
            bits=32,
        ),
    ]
    first_section: Annotated[
        int | None,
        Column(
            "Row number of its first section in `sections`, from 0; null if it has none.",
            "其首行在 sections 中的行号，自 0 起；无标题时为空。",
            source="derived",
            bits=32,
        ),
    ]
    last_section: Annotated[
        int | None,
        Column(
            "Row number of its last section in `sections`; null if it has none.",
            "其末行在 sections 中的行号；无标题时为空。",
            source="derived",
            bits=32,
        ),
    ]


class Term(Table):
    """An indexed word."""

    about: ClassVar = About(
        name="terms",
        en="Every word of the index. Words are those of the columns tokens and title_tokens, in lower case; "
        "punctuation is left out, numbers are not.",
        zh="索引中的所有词语，即 tokens 与 title_tokens 各列中的词（字母小写）；不含标点，含数字。",
        key=("term_id",),
        derived=True,
    )

    term_id: Annotated[
        int,
        Column(
            "Position of the word in the order of code points, from 0.",
            "按码位排序的序号，自 0 起。",
            source="derived",
            bits=32,
        ),
    ]
    term: Annotated[str, Column("The word.", "词语。", source="tokens", unique=True)]
    letters: Annotated[
        int, Column("How many letters have it.", "含该词的答复件数。", unit="letters", source="derived", bits=32)
    ]
    occurrences: Annotated[
        int, Column("How often it occurs in all letters.", "在全部答复中出现的次数。", source="derived")
    ]


class Posting(Table):
    """A word in a letter."""

    about: ClassVar = About(
        name="postings",
        en="Which letter has which word, and how often.",
        zh="各词语出现于哪些答复及出现次数。",
        key=("term_id", "letter_no"),
        derived=True,
    )

    term_id: Annotated[int, Column("The word.", "词语。", source="derived", references="terms.term_id", bits=32)]
    letter_no: Annotated[
        int, Column("The letter.", "答复。", source="derived", references="search_letters.letter_no", bits=32)
    ]
    occurrences: Annotated[
        int, Column("How often the word occurs in the letter.", "该词在该答复中出现的次数。", source="derived", bits=32)
    ]
