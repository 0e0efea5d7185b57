WITH RECURSIVE
-- What was asked, item by item: word, "phrase", +required, -excluded, AND, OR, NOT.
said AS (
    SELECT regexp_extract_all(
        translate(nfc_normalize($query), $wide, $plain),
        '[+-]?"[^"]*"|[+-]?[^\s"、。,;:!?(){}《》〈〉【】\[\]—…|&]+'
    ) AS items
),
beside AS (
    SELECT word_no, items[word_no] AS item, items[word_no - 1] AS former, items[word_no + 1] AS latter
    FROM (SELECT items, unnest(range(1, len(items) + 1)) AS word_no FROM said)
),
-- To lower the case of Chinese texts takes long; it is only done where a word has letters that have a case.
asked AS (
    SELECT
        word_no,
        lower(regexp_replace(regexp_replace(item, '^[+-]', ''), '["\s]', '', 'g')) AS word,
        word = upper(word) AS caseless,
        contains(item, '"') AS exact,
        starts_with(item, '-') OR coalesce(former = 'NOT', false) AS excluded,
        starts_with(item, '+') OR contains(item, '"') OR coalesce(former = 'AND', false)
            OR coalesce(latter = 'AND', false) AS required
    FROM beside
    WHERE item NOT IN ('AND', 'OR', 'NOT') AND regexp_matches(item, '[\p{L}\p{N}]')
),
-- A word that a letter must or must not have, and that is not indexed, is asked for as a phrase: what it would be cut
-- into may stand anywhere.
words AS MATERIALIZED (
    SELECT asked.* REPLACE (exact OR ((required OR excluded) AND term_id IS NULL) AS exact), term_id IS NOT NULL AS indexed
    FROM asked LEFT JOIN terms ON term = word
),
-- A word that is indexed is taken whole, and so it is where it stands inside longer ones. One that is not indexed is
-- also cut, at every place by the longest indexed word; pieces of one character count only where there are no longer
-- ones, or of a phrase.
wholes AS MATERIALIZED (
    SELECT word_no, term_id FROM words, terms WHERE contains(term, word)
),
inside AS MATERIALIZED (
    SELECT word_no, start, length(term) AS size, term_id
    FROM (
        SELECT word_no, start, unnest([substring(word, start, size) FOR size IN range(1, $longest)
            IF start + size <= length(word) + 1]) AS term
        FROM (SELECT word_no, word, unnest(range(1, length(word) + 1)) AS start FROM words)
    ) JOIN terms USING (term)
),
longest AS MATERIALIZED (SELECT word_no, start, max(size) AS size FROM inside GROUP BY word_no, start),
cut AS (
    SELECT word_no, word, CAST(1 AS BIGINT) AS start FROM words
    UNION ALL
    SELECT word_no, word, start + coalesce(size, 1)
    FROM cut LEFT JOIN longest USING (word_no, start)
    WHERE start + coalesce(size, 1) <= length(word)
),
cuts AS MATERIALIZED (
    SELECT word_no, substring(word, start, coalesce(size, 1)) AS part, size FROM cut LEFT JOIN longest USING (word_no, start)
),
cuttable AS (
    SELECT word_no, max(size) = 1 AND word_no NOT IN (SELECT word_no FROM wholes) AS by_character
    FROM cuts GROUP BY word_no
),
pieces AS MATERIALIZED (
    SELECT DISTINCT word_no, part
    FROM cuts JOIN words USING (word_no) JOIN cuttable USING (word_no)
    WHERE NOT indexed AND (size > 1 OR (size = 1 AND (exact OR by_character)))
),
looked AS MATERIALIZED (
    SELECT CAST(row_number() OVER () AS BIGINT) AS part_no, *
    FROM (
        SELECT word_no, word AS part, true AS whole FROM words
        UNION ALL
        SELECT word_no, part, false FROM pieces
    )
),
-- No query has so many terms, but the limit lets the planner know that they are few beside the postings.
parts AS MATERIALIZED (
    FROM (
        SELECT part_no, term_id FROM looked JOIN wholes USING (word_no) WHERE whole
        UNION ALL
        SELECT part_no, term_id FROM looked, terms WHERE NOT whole AND contains(term, looked.part)
    ) LIMIT 100000
),
-- The words of a text need not end where a phrase does: its first and last characters may be the end and the beginning
-- of longer words.
ends AS (
    SELECT word_no, word, unnest(range(1, least(length(word), $longest))) AS size FROM words WHERE exact
),
covering AS (
    SELECT word_no, start, size, term_id FROM inside
    UNION ALL
    SELECT word_no, 1, size, term_id FROM ends, terms WHERE length(term) > size AND ends_with(term, left(word, size))
    UNION ALL
    SELECT word_no, length(word) - size + 1, size, term_id
    FROM ends, terms WHERE length(term) > size AND starts_with(term, right(word, size))
),
covers AS MATERIALIZED (
    SELECT word_no, term_id, bit_or(((CAST(1 AS BIGINT) << CAST(size AS INTEGER)) - 1) << CAST(start - 1 AS INTEGER)) AS cover
    FROM covering JOIN words USING (word_no) WHERE exact AND start <= 36 GROUP BY word_no, term_id LIMIT 100000
),
-- The part and the letter are one number here, for there are millions of them and one number is what is counted fastest.
hits AS MATERIALIZED (
    SELECT CAST(place >> 32 AS BIGINT) AS part_no, CAST(place & 4294967295 AS INTEGER) AS letter_no, occurrences
    FROM (
        SELECT (part_no << 32) + letter_no AS place, max(occurrences) AS occurrences
        FROM postings JOIN parts USING (term_id)
        GROUP BY (part_no << 32) + letter_no
    )
),
-- Okapi BM25, k1 = 1.2, b = 0.75. A word that a letter must not have weighs nothing.
weights AS MATERIALIZED (
    SELECT part_no, word_no, part, whole, excluded, CASE WHEN whole AND required AND NOT excluded THEN 1 END AS required,
        CASE WHEN NOT excluded
            THEN ln(1 + ((SELECT count(*) FROM search_letters) - letters + 0.5) / (letters + 0.5)) END AS weight
    FROM (SELECT part_no, count(*) AS letters FROM hits GROUP BY part_no) JOIN looked USING (part_no)
    JOIN words USING (word_no)
),
-- A phrase: the letters whose words can make it up, whichever way it is cut; if no word holds it, their texts decide.
needed AS (
    SELECT word_no, bit_or(CAST(1 AS BIGINT) << CAST(start - 1 AS INTEGER)) AS need
    FROM (SELECT word_no, word, unnest(range(1, least(length(word), 36) + 1)) AS start FROM words WHERE exact)
    WHERE regexp_matches(substring(word, start, 1), '[\p{L}\p{N}]') GROUP BY word_no
),
made_up AS (
    SELECT CAST(place >> 32 AS BIGINT) AS word_no, CAST(place & 4294967295 AS INTEGER) AS letter_no, cover
    FROM (
        SELECT (word_no << 32) + letter_no AS place, bit_or(cover) AS cover
        FROM postings JOIN covers USING (term_id)
        GROUP BY (word_no << 32) + letter_no
    )
),
possible AS MATERIALIZED (
    SELECT word_no, letter_no, word, caseless, excluded
    FROM made_up JOIN needed USING (word_no) JOIN words USING (word_no)
    ANTI JOIN (SELECT word_no, letter_no FROM hits JOIN weights USING (part_no) WHERE whole) AS sure USING (word_no, letter_no)
    WHERE cover & need = need
),
-- The letters that are found as far as the index tells.
candidates AS MATERIALIZED (
    SELECT letter_no, coalesce(round(sum(score), 6), 0) AS score
    FROM (
        SELECT letter_no, required, excluded AND whole AS denied, excluded, weight * occurrences * 2.2
            / (occurrences + 1.2 * (0.25 + 0.75 * words / (SELECT avg(words) FROM search_letters))) AS score
        FROM hits JOIN weights USING (part_no) JOIN search_letters USING (letter_no)
        UNION ALL
        SELECT letter_no, CASE WHEN NOT excluded THEN 1 END, false, excluded, NULL FROM possible
    )
    GROUP BY letter_no
    HAVING NOT bool_or(denied) AND NOT bool_and(excluded)
        AND count(required) = (SELECT count(*) FROM words WHERE required AND NOT excluded)
),
-- What a text has to say of a phrase is read of the best ones first, and of the others only if those were too few.
first AS MATERIALIZED (FROM candidates ORDER BY score DESC, letter_no LIMIT $first),
first_unmet AS (
    SELECT letter_no
    FROM possible JOIN (
        SELECT letter_no, replace(text, ' ', '') AS text,
            replace(concat_ws(chr(10), page_title, proposal_title), ' ', '') AS titles
        FROM $replies WHERE letter_no IN (SELECT letter_no FROM first SEMI JOIN possible USING (letter_no))
    ) USING (letter_no)
    WHERE excluded = (contains(CASE WHEN caseless THEN text ELSE lower(text) END, word)
        OR contains(CASE WHEN caseless THEN titles ELSE lower(titles) END, word))
),
first_met AS MATERIALIZED (FROM first ANTI JOIN first_unmet USING (letter_no)),
-- They are looked up in search_letters, or the planner takes them for more than there are letters, and reads all texts.
rest AS MATERIALIZED (
    FROM candidates ANTI JOIN first USING (letter_no) WHERE (SELECT count(*) FROM first_met) < $top
),
rest_unmet AS (
    SELECT letter_no
    FROM possible JOIN (
        SELECT letter_no, replace(text, ' ', '') AS text,
            replace(concat_ws(chr(10), page_title, proposal_title), ' ', '') AS titles
        FROM $replies WHERE letter_no IN (
            FROM (SELECT letter_no FROM search_letters) SEMI JOIN rest USING (letter_no) SEMI JOIN possible USING (letter_no)
        )
    ) USING (letter_no)
    WHERE excluded = (contains(CASE WHEN caseless THEN text ELSE lower(text) END, word)
        OR contains(CASE WHEN caseless THEN titles ELSE lower(titles) END, word))
),
best AS MATERIALIZED (
    FROM (
        FROM (FROM first_met UNION ALL FROM rest ANTI JOIN rest_unmet USING (letter_no))
        ORDER BY score DESC, letter_no LIMIT $top
    ) JOIN search_letters USING (letter_no)
),
-- The sentence (or heading) of each that has most of the words.
lines AS (
    SELECT reply_id, sentence_id, char_start, text FROM sentences WHERE $sentences
    UNION ALL
    SELECT reply_id, NULL, char_start, title FROM sections WHERE $sections
),
sought AS (
    SELECT part, weight, part = upper(part) AS caseless FROM weights WHERE NOT excluded
    UNION ALL
    SELECT word, 0, caseless FROM words WHERE exact AND NOT excluded
),
lined AS (
    SELECT DISTINCT ON (reply_id) reply_id, sentence_id, text AS sentence
    FROM (
        SELECT reply_id, sentence_id, char_start, text, count(*) AS words, round(sum(weight), 6) AS weight
        FROM lines JOIN sought ON contains(replace(CASE WHEN caseless THEN text ELSE lower(text) END, ' ', ''), part)
        GROUP BY reply_id, sentence_id, char_start, text
    ) ORDER BY reply_id, words DESC, weight DESC, char_start
)
SELECT score, reply_id, number, title, published_on, sentence_id, sentence,
    [word FOR word IN (SELECT list(DISTINCT part ORDER BY part) FROM sought)
        IF contains(replace(lower(concat_ws(chr(10), title, sentence)), ' ', ''), word)] AS words
FROM best JOIN (
    SELECT letter_no, number, coalesce(proposal_title, page_title) AS title, published_on
    FROM $replies WHERE letter_no IN (SELECT letter_no FROM best)
) USING (letter_no)
LEFT JOIN lined USING (reply_id)
ORDER BY score DESC, letter_no
