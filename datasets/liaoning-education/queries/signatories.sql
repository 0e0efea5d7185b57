-- title: Who signs
-- title (zh): 由谁落款
-- question: Which offices sign the letters, alone or together with others, and since when?
-- question (zh): 哪些单位落款答复，单独还是联合，始于何时？
-- note: A letter signed by several offices counts for each of them. `co_handling` are opinions to the office in charge,
--   not replies to proposers. The office is null where the letter bears no signature.
-- note (zh): 联合落款对每个单位各计一次；co_handling 为写给主办单位的会办意见，不是给提案人的答复；无落款则为空。
-- columns: signatory VARCHAR, letters BIGINT, jointly BIGINT, proposals BIGINT, suggestions BIGINT,
--   co_handling BIGINT, first_signed_on DATE, last_signed_on DATE
-- rows: 1 to 100
WITH signed AS (
  SELECT
    unnest(coalesce(string_split(signatory, '、'), [NULL])) AS signatory,
    signatory LIKE '%、%' AS together,
    kind,
    letter_type,
    signed_on
  FROM replies
)
SELECT
  signatory,
  count(*) AS letters,
  count(*) FILTER (together) AS jointly,
  count(*) FILTER (letter_type = 'reply' AND kind = 'cppcc_proposal') AS proposals,
  count(*) FILTER (letter_type = 'reply' AND kind = 'npc_suggestion') AS suggestions,
  count(*) FILTER (letter_type = 'co_handling_opinion') AS co_handling,
  min(signed_on) AS first_signed_on,
  max(signed_on) AS last_signed_on
FROM signed
GROUP BY signatory
ORDER BY letters DESC, signatory
LIMIT 100;
