-- title: Where the department says no, or not ours
-- title (zh): 婉拒与转商
-- question: What do the letters decline, and what do they pass on to others?
-- question (zh): 答复婉拒了什么，又把什么转给其他部门？
-- note: Sentences that a rule reads as declining or referring (docs/reading.md); read the sentence before you quote it
--   as a refusal.
-- note (zh): 按规则判为婉拒或转商的句子；引用前请阅读原句。
-- columns: reply_id VARCHAR, number VARCHAR, signed_on DATE, theme VARCHAR, role VARCHAR, sentence VARCHAR
-- rows: 0 to 200
SELECT r.reply_id, r.number, r.signed_on, r.themes[1] AS theme, s.role, s.text AS sentence
FROM sentences s
JOIN replies r USING (reply_id)
WHERE s.role IN ('decline', 'refer')
ORDER BY r.signed_on DESC NULLS LAST, r.reply_id, s.n
LIMIT 200;
