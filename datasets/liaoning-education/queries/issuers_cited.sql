-- title: Whose documents are cited
-- title (zh): 被引文件的发文机关
-- question: Which authorities issued the documents that the letters cite, and how many different ones?
-- question (zh): 答复所引文件出自哪些机关，各有多少份不同文件？
-- note: Only documents whose issuer the letter names; `from_title` mentions have it from the document's title alone. A
--   document of several offices counts for each of them.
-- note (zh): 仅计答复中能看出发文机关的文件；from_title 为仅据题名得知者；联合发文对每个机关各计一次。
-- columns: issuer VARCHAR, documents BIGINT, letters BIGINT, mentions BIGINT, from_title BIGINT
-- rows: 0 to 50
SELECT
  issuer,
  count(DISTINCT title_key) AS documents,
  count(DISTINCT reply_id) AS letters,
  count(*) AS mentions,
  count(*) FILTER (issuer_basis = 'title') AS from_title
FROM (SELECT unnest(issuers) AS issuer, title_key, reply_id, issuer_basis FROM citations)
GROUP BY issuer
ORDER BY letters DESC, mentions DESC, issuer
LIMIT 50;
