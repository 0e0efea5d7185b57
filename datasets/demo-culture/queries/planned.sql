-- title: What is promised, in figures
-- title (zh): 以数字作出的承诺
-- question: Which figures stand in sentences that promise something?
-- question (zh): 承诺句中写有哪些数字？
-- columns: number VARCHAR, raw VARCHAR, counted VARCHAR, text VARCHAR
-- rows: 0 to 10000
SELECT r.number, q.raw, q.counted, s.text
FROM quantities q JOIN sentences s USING (reply_id, sentence_id) JOIN replies r USING (reply_id)
WHERE q.status = 'planned'
ORDER BY r.reply_id, q.char_start;
