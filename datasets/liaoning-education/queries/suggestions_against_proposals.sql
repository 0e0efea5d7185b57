-- title: Suggestions of deputies against proposals of advisers
-- title (zh): 人大代表建议与政协提案之比较
-- question: Are deputies (人大代表) answered otherwise than political advisers (政协委员)?
-- question (zh): 对人大代表建议的答复与对政协提案的答复有何不同？
-- note: Replies alone; opinions to other offices are left out, and letters of almost the same text to the same kind
--   count once. `declining` letters hold at least one sentence that declines, `dated_share` is of all promises.
-- note (zh): 仅计答复，不含会办意见；同类中几乎相同的答复只计一次；declining 为至少有一句婉拒者，dated_share 为有期限
--   承诺占全部承诺的比例。
-- columns: kind VARCHAR, letters BIGINT, median_lag_days DOUBLE, median_characters DOUBLE, promises_per_letter DOUBLE,
--   dated_share DOUBLE, documents_per_letter DOUBLE, figures_per_letter DOUBLE, declining_share DOUBLE
-- rows: 1 to 3
WITH texts AS (
  SELECT min(reply_id) AS reply_id
  FROM replies
  WHERE letter_type = 'reply'
  GROUP BY kind, coalesce(near_duplicate_group, reply_id)
),
letters AS (
  SELECT r.reply_id, r.kind, r.lag_days, length(r.text) AS characters FROM texts JOIN replies r USING (reply_id)
),
promised AS (
  SELECT reply_id, count(*) AS n, count(deadline_on) AS dated FROM commitments WHERE repeats IS NULL GROUP BY reply_id
),
documents AS (SELECT reply_id, count(*) AS n FROM citations GROUP BY reply_id),
figures AS (SELECT reply_id, len(list_distinct(list(hash(fact_id)))) AS n FROM quantities GROUP BY reply_id),
declined AS (SELECT DISTINCT reply_id FROM sentences WHERE role = 'decline')
SELECT
  l.kind,
  count(*) AS letters,
  median(l.lag_days) AS median_lag_days,
  median(l.characters) AS median_characters,
  round(coalesce(sum(p.n), 0) / count(*), 2) AS promises_per_letter,
  round(sum(p.dated) / nullif(sum(p.n), 0), 3) AS dated_share,
  round(coalesce(sum(d.n), 0) / count(*), 2) AS documents_per_letter,
  round(coalesce(sum(f.n), 0) / count(*), 2) AS figures_per_letter,
  round(count(x.reply_id) / count(*), 3) AS declining_share
FROM letters l
LEFT JOIN promised p USING (reply_id)
LEFT JOIN documents d USING (reply_id)
LEFT JOIN figures f USING (reply_id)
LEFT JOIN declined x USING (reply_id)
GROUP BY l.kind
ORDER BY l.kind;
