-- title: Alone, together or as a group
-- title (zh): 个人、联名与集体
-- question: Do proposers write alone, with others, or as a party or other group, by year and kind?
-- question (zh): 提案人以个人、联名还是党派等集体名义提出（按年份、种类）？
-- note: `unknown` letters address nobody by name. A letter of several persons of whom only some are named counts as
--   joint. `median_joint` is the median number of those who sign together, as stated.
-- note (zh): unknown 为未列名的答复；写明多人而只列部分姓名者计为联名；median_joint 为联名人数的中位数。
-- columns: year BIGINT, kind VARCHAR, letters BIGINT, alone BIGINT, joint BIGINT, groups BIGINT, unknown BIGINT,
--   median_joint DOUBLE
-- rows: 1 to 300
WITH asked AS (
  SELECT
    year(signed_on) AS year,
    kind,
    proposer_count,
    CASE
      WHEN list_contains([p.is_group FOR p IN proposers], true) THEN 'group'
      WHEN proposer_count > 1 OR len(proposers) > 1 THEN 'joint'
      WHEN len(proposers) = 1 THEN 'alone'
      ELSE 'unknown'
    END AS form
  FROM replies
  WHERE letter_type = 'reply'
)
SELECT
  year,
  kind,
  count(*) AS letters,
  count(*) FILTER (form = 'alone') AS alone,
  count(*) FILTER (form = 'joint') AS joint,
  count(*) FILTER (form = 'group') AS groups,
  count(*) FILTER (form = 'unknown') AS unknown,
  median(proposer_count) FILTER (form = 'joint') AS median_joint
FROM asked
GROUP BY year, kind
ORDER BY year, kind;
