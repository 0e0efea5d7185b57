-- title: Passages that recur across letters
-- title (zh): 跨答复重复出现的段落
-- question: Which paragraphs stand in several letters, and over what time?
-- question (zh): 哪些段落出现在多件答复中，时间跨度多大？
-- note: Paragraphs of 60 characters or more that are the same but for spaces and punctuation. Letters that are as a
--   whole almost the same count once in `texts`: a paragraph with one text is a letter sent twice, one with many is a
--   phrase of the house.
-- note (zh): 60 字以上、去空格与标点后相同的段落；整体几乎相同的答复在 texts 中只计一次：texts 为 1 即同一答复发给
--   多人，texts 较多即惯用表述。
-- columns: passage_sha256 VARCHAR, letters BIGINT, texts BIGINT, characters BIGINT, first_signed_on DATE,
--   last_signed_on DATE, passage VARCHAR
-- rows: 0 to 100
WITH most AS (
  SELECT
    p.passage_sha256,
    count(DISTINCT p.reply_id) AS letters,
    count(DISTINCT coalesce(r.near_duplicate_group, r.reply_id)) AS texts,
    max(p.characters) AS characters,
    min(r.signed_on) AS first_signed_on,
    max(r.signed_on) AS last_signed_on,
    min((p.reply_id, p.char_start, p.char_end)) AS place
  FROM shared_passages p
  JOIN replies r USING (reply_id)
  GROUP BY p.passage_sha256
  ORDER BY texts DESC, letters DESC, characters DESC, p.passage_sha256
  LIMIT 100
)
SELECT
  m.passage_sha256,
  m.letters,
  m.texts,
  m.characters,
  m.first_signed_on,
  m.last_signed_on,
  r.text[m.place[2] + 1:m.place[3]] AS passage
FROM most m
JOIN replies r ON r.reply_id = m.place[1]
ORDER BY m.texts DESC, m.letters DESC, m.characters DESC, m.passage_sha256;
