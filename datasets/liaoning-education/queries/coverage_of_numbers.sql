-- title: Numbers seen and not seen
-- title (zh): 已见与未见的编号
-- question: How much of each session's numbered proposals is here, those with most numbers unseen first?
-- question (zh): 每次会议编号的提案（建议）收录了多少（未见编号多者在前）？
-- note: The assembly numbers its proposals through all departments, and one department answers some of them: a number
--   not seen proves no loss. A misprinted number makes a wide gap. Rows without a session are left out.
-- note (zh): 编号由会议对全部提案（建议）统一编排，一个部门只答复其中一部分：未见的编号并不证明缺失；误印的编号会造成
--   大段空缺；未注明会议者不列。
-- columns: kind VARCHAR, body VARCHAR, term BIGINT, session BIGINT, letters BIGINT, lowest BIGINT, highest BIGINT,
--   numbers_seen BIGINT, numbers_missing BIGINT, share_seen DOUBLE
-- rows: 1 to 300
SELECT
  kind,
  body,
  term,
  session,
  letters,
  lowest,
  highest,
  numbers_seen,
  numbers_missing,
  round(numbers_seen / (numbers_seen + numbers_missing), 3) AS share_seen
FROM coverage
WHERE lowest IS NOT NULL
ORDER BY numbers_missing DESC, kind, body, term, session;
