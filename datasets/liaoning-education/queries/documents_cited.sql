-- title: Documents cited most
-- title (zh): 引用最多的文件
-- question: On which documents do the letters rest, who issued them, and in how many letters are they named?
-- question (zh): 答复最常引用哪些文件，由谁印发，见于多少件答复？
-- note: One document is one `title_key`: its title without punctuation and without 关于印发…的通知. Letters of almost
--   the same text count once in `texts`. `issuers` is the list of offices named most often with the document, as
--   printed; empty if no letter names one.
-- note (zh): 以 title_key（去标点与“关于印发……的通知”）归并；文字几乎相同的答复在 texts 中只计一次；issuers 为最常
--   写明的发文机关（照原文），均未写明则为空。
-- columns: title VARCHAR, issuers VARCHAR[], letters BIGINT, texts BIGINT, mentions BIGINT, first_cited_on DATE,
--   last_cited_on DATE
-- rows: 0 to 50
SELECT
  mode(c.title ORDER BY c.title) AS title,
  coalesce(mode(c.issuers ORDER BY c.issuers) FILTER (len(c.issuers) > 0), []::VARCHAR[]) AS issuers,
  count(DISTINCT c.reply_id) AS letters,
  count(DISTINCT coalesce(r.near_duplicate_group, r.reply_id)) AS texts,
  count(*) AS mentions,
  min(r.signed_on) AS first_cited_on,
  max(r.signed_on) AS last_cited_on
FROM citations c
JOIN replies r USING (reply_id)
GROUP BY c.title_key
ORDER BY letters DESC, mentions DESC, title
LIMIT 50;
