-- title: Programmes over the years
-- title (zh): 专项的兴衰
-- question: Which programmes (计划, 行动, 工程 …) do the letters name, from when to when?
-- question (zh): 答复提及哪些计划、行动、工程，自何年至何年？
-- note: A programme is named from the first letter to the last that names it; that it is named no more does not say that
--   it has ended.
-- note (zh): 首次与末次提及的年份；不再提及不等于已结束。
-- columns: name VARCHAR, letters BIGINT, mentions BIGINT, first_year BIGINT, last_year BIGINT, years BIGINT
-- rows: 0 to 50
SELECT
  p.name,
  count(DISTINCT p.reply_id) AS letters,
  count(*) AS mentions,
  min(year(r.signed_on)) AS first_year,
  max(year(r.signed_on)) AS last_year,
  count(DISTINCT year(r.signed_on)) AS years
FROM programmes p
JOIN replies r USING (reply_id)
GROUP BY p.name
ORDER BY letters DESC, mentions DESC, p.name
LIMIT 50;
