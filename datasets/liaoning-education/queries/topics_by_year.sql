-- title: Topics by year
-- title (zh): 各年份的主题
-- question: What are the letters about, and how does the share of each topic change from year to year?
-- question (zh): 各年份的答复涉及哪些主题，占比如何变化？
-- note: The primary theme of each letter, by the year of signature; letters that no theme fits are `other` or null.
--   Letters of almost the same text count once.
-- note (zh): 以每件答复的首要主题、按落款年份统计；无对应主题者为 other 或空；文字几乎相同的答复只计一次。
-- columns: year BIGINT, theme VARCHAR, letters BIGINT, share DOUBLE
-- rows: 1 to 3000
WITH texts AS (
  SELECT year(signed_on) AS year, themes[1] AS theme
  FROM replies
  QUALIFY row_number() OVER (PARTITION BY coalesce(near_duplicate_group, reply_id) ORDER BY signed_on, reply_id) = 1
)
SELECT year, theme, count(*) AS letters, round(count(*) / sum(count(*)) OVER (PARTITION BY year), 3) AS share
FROM texts
GROUP BY year, theme
ORDER BY year, letters DESC, theme;
