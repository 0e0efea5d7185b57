-- title: How concrete the letters are
-- title (zh): 答复的具体程度
-- question: How many figures, documents and named programmes stand in a letter, by year of signature?
-- question (zh): 每件答复写有多少数字、文件与专项（按落款年份）？
-- note: Different figures (a fact said twice counts once), mentions of documents and of programmes. A longer letter has
--   more of everything: `figures_per_1000` is for a thousand characters.
-- note (zh): 数字按不同事实计，文件与专项按提及次数计；答复越长越多，figures_per_1000 为每千字的数字。
-- columns: year BIGINT, letters BIGINT, median_characters DOUBLE, median_figures DOUBLE, figures_per_1000 DOUBLE,
--   without_figures BIGINT, documents_per_letter DOUBLE, programmes_per_letter DOUBLE
-- rows: 1 to 100
WITH letters AS (
  SELECT reply_id, year(signed_on) AS year, length(text) AS characters FROM replies WHERE letter_type = 'reply'
),
figures AS (SELECT reply_id, len(list_distinct(list(hash(fact_id)))) AS n FROM quantities GROUP BY reply_id),
documents AS (SELECT reply_id, count(*) AS n FROM citations GROUP BY reply_id),
named AS (SELECT reply_id, count(*) AS n FROM programmes GROUP BY reply_id)
SELECT
  r.year,
  count(*) AS letters,
  median(r.characters) AS median_characters,
  median(coalesce(f.n, 0)) AS median_figures,
  round(1000 * coalesce(sum(f.n), 0) / sum(r.characters), 2) AS figures_per_1000,
  count(*) FILTER (f.n IS NULL) AS without_figures,
  round(coalesce(sum(d.n), 0) / count(*), 2) AS documents_per_letter,
  round(coalesce(sum(p.n), 0) / count(*), 2) AS programmes_per_letter
FROM letters r
LEFT JOIN figures f USING (reply_id)
LEFT JOIN documents d USING (reply_id)
LEFT JOIN named p USING (reply_id)
GROUP BY r.year
ORDER BY r.year;
