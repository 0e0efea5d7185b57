-- title: Promises per letter
-- title (zh): 每件答复的承诺
-- question: How many promises does a letter make, and what share of them has a deadline that names a day, by year of
--   signature?
-- question (zh): 每件答复作出多少承诺，其中多大比例写明可确定日期的期限（按落款年份）？
-- note: `explicit` promises carry a future word; the others are bare verbs under a next-steps heading. A promise that
--   says again what the letter said before is counted in `repeated`, and in no other column. The year is null for
--   letters without a date.
-- note (zh): explicit 为带将来标记的承诺，其余为“下一步”标题下的光杆动词句；重复前文的承诺只计入 repeated；
--   未落款的答复年份为空。
-- columns: year BIGINT, letters BIGINT, promises BIGINT, explicit BIGINT, promises_per_letter DOUBLE,
--   with_deadline BIGINT, deadline_share DOUBLE, letters_without BIGINT, repeated BIGINT
-- rows: 1 to 100
WITH promised AS (
  SELECT
    reply_id,
    count(*) FILTER (repeats IS NULL) AS promises,
    count(*) FILTER (repeats IS NULL AND modality = 'explicit') AS explicit,
    count(*) FILTER (repeats IS NULL AND deadline_on IS NOT NULL) AS dated,
    count(repeats) AS repeated
  FROM commitments
  GROUP BY reply_id
)
SELECT
  year(r.signed_on) AS year,
  count(*) AS letters,
  coalesce(sum(p.promises), 0)::BIGINT AS promises,
  coalesce(sum(p.explicit), 0)::BIGINT AS explicit,
  round(coalesce(sum(p.promises), 0) / count(*), 2) AS promises_per_letter,
  coalesce(sum(p.dated), 0)::BIGINT AS with_deadline,
  round(sum(p.dated) / nullif(sum(p.promises), 0), 3) AS deadline_share,
  count(*) FILTER (p.promises IS NULL) AS letters_without,
  coalesce(sum(p.repeated), 0)::BIGINT AS repeated
FROM replies r
LEFT JOIN promised p USING (reply_id)
WHERE r.letter_type = 'reply'
GROUP BY year
ORDER BY year;
