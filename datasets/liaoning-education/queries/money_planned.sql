-- title: Money in plans
-- title (zh): 计划中的资金
-- question: Which sums of money do the letters announce, the largest first?
-- question (zh): 答复中计划投入的资金有哪些（金额大者在前）？
-- note: Sums in sentences that promise, in 元 and the units made of it. `approximate` sums are 近, 约, 超 and the like.
--   They are not to be added up: a total and its parts can stand in one letter, one project in many.
-- note (zh): 承诺句中以元计的金额；approximate 为约数；不宜加总：总额与分项可能同见一件，同一项目可能见于多件。
-- columns: reply_id VARCHAR, number VARCHAR, signed_on DATE, raw VARCHAR, yuan DOUBLE, approximate BOOLEAN,
--   counted VARCHAR, sentence VARCHAR
-- rows: 0 to 100
SELECT r.reply_id, r.number, r.signed_on, q.raw, q.value AS yuan, q.approximate, q.counted, s.text AS sentence
FROM quantities q
JOIN replies r USING (reply_id)
LEFT JOIN sentences s ON s.sentence_id = q.sentence_id
WHERE q.status = 'planned' AND q.unit = '元' AND q.value IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY q.reply_id, q.fact_id ORDER BY q.char_start) = 1
ORDER BY yuan DESC, r.reply_id, q.char_start
LIMIT 100;
