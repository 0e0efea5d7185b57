-- title: Figures planned and figures done, by topic
-- title (zh): 各主题的计划数与完成数
-- question: In which topics do the letters state figures as plans, and in which as results?
-- question (zh): 各主题的答复中，数字更多是计划还是已完成的结果？
-- note: Facts are counted, not added up: values of different units have no sum. A fact said twice in a letter, or in
--   letters of almost the same text, counts once. `approximate` are 近, 约, 余, 以上 and ranges. Percentages are in it.
--   A letter with several themes counts for its primary one.
-- note (zh): 只计条数，不作加总（单位不同）；同一答复内重复或几乎相同的答复中的同一事实只计一次；approximate 为约数与
--   区间；含百分比；按首要主题归类。
-- columns: theme VARCHAR, letters BIGINT, planned BIGINT, done BIGINT, planned_share DOUBLE, approximate_share DOUBLE
-- rows: 0 to 100
WITH facts AS (
  SELECT
    r.themes[1] AS theme,
    any_value(coalesce(r.near_duplicate_group, r.reply_id)) AS letter,
    bool_or(q.status = 'planned') AS planned,
    bool_or(q.approximate) AS approximate
  FROM quantities q
  JOIN replies r USING (reply_id)
  WHERE q.status IS NOT NULL
  GROUP BY
    r.themes[1],
    hash(coalesce(r.near_duplicate_group, r.reply_id), q.value, q.unit, q.counted, if(q.value IS NULL, q.raw, NULL))
)
SELECT
  theme,
  count(DISTINCT letter) AS letters,
  count(*) FILTER (planned) AS planned,
  count(*) FILTER (NOT planned) AS done,
  round(count(*) FILTER (planned) / count(*), 3) AS planned_share,
  round(count(*) FILTER (approximate) / count(*), 3) AS approximate_share
FROM facts
GROUP BY theme
ORDER BY count(*) DESC, theme
LIMIT 100;
