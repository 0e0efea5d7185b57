-- title: Organisations named most
-- title (zh): 提及最多的机构
-- question: Which organisations do the letters name, and as what: acting, joining in, being asked, issuing documents?
-- question (zh): 答复提及哪些机构，各以何种角色出现（主体、协同、请示、发文）？
-- note: Names outside 《》, by full name; an organisation that is itself the signatory of the letter is left out.
-- note (zh): 书名号之外的机构名，按全称归并；答复的落款单位自身不计。
-- columns: name VARCHAR, letters BIGINT, mentions BIGINT, as_actor BIGINT, as_partner BIGINT, as_recipient BIGINT,
--   as_issuer BIGINT
-- rows: 0 to 50
SELECT
  o.name,
  count(DISTINCT o.reply_id) AS letters,
  count(*) AS mentions,
  count(*) FILTER (o.role = 'actor') AS as_actor,
  count(*) FILTER (o.role = 'partner') AS as_partner,
  count(*) FILTER (o.role = 'recipient') AS as_recipient,
  count(*) FILTER (o.role = 'issuer') AS as_issuer
FROM organizations o
JOIN replies r USING (reply_id)
WHERE NOT list_contains(coalesce(string_split(r.signatory, '、'), []), o.name)
GROUP BY o.name
ORDER BY letters DESC, mentions DESC, o.name
LIMIT 50;
