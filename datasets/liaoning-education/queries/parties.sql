-- title: Parties and groups that propose
-- title (zh): 提出提案的党派与团体
-- question: Which parties, federations and other groups put proposals in their own name, and about what?
-- question (zh): 哪些党派、团体以集体名义提出提案，关注什么主题？
-- note: Only groups that the salutation names; persons are left out, whatever their party. The eight parties and the
--   federation of industry are told by their names, all other groups are `other`.
-- note (zh): 仅计称谓中的集体；个人不论党派均不计；八个民主党派与工商联按名称识别，其余为 other。
-- columns: party VARCHAR, groups BIGINT, letters BIGINT, names VARCHAR[], main_theme VARCHAR, first_signed_on DATE,
--   last_signed_on DATE
-- rows: 0 to 10
WITH groups AS (
  SELECT reply_id, themes[1] AS theme, signed_on, p.name
  FROM (SELECT reply_id, themes, signed_on, unnest(proposers) AS p FROM replies)
  WHERE p.is_group
)
SELECT
  CASE
    WHEN name LIKE '%民革%' OR name LIKE '%国民党革命%' THEN '民革'
    WHEN name LIKE '%民盟%' OR name LIKE '%民主同盟%' THEN '民盟'
    WHEN name LIKE '%民建%' OR name LIKE '%民主建国%' THEN '民建'
    WHEN name LIKE '%民进%' OR name LIKE '%民主促进%' THEN '民进'
    WHEN name LIKE '%农工%' THEN '农工党'
    WHEN name LIKE '%致公党%' THEN '致公党'
    WHEN name LIKE '%九三%' THEN '九三学社'
    WHEN name LIKE '%台盟%' OR name LIKE '%民主自治同盟%' THEN '台盟'
    WHEN name LIKE '%工商联%' OR name LIKE '%工商业联合%' THEN '工商联'
    ELSE 'other'
  END AS party,
  count(DISTINCT name) AS groups,
  count(DISTINCT reply_id) AS letters,
  list_sort(list(DISTINCT name))[1:5] AS names,
  mode(theme ORDER BY theme) AS main_theme,
  min(signed_on) AS first_signed_on,
  max(signed_on) AS last_signed_on
FROM groups
GROUP BY party
ORDER BY letters DESC, party;
