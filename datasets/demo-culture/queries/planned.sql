-- what is promised, in figures
SELECT r.number, q.raw, q.counted, s.text
FROM quantities q JOIN sentences s USING (reply_id, sentence_id) JOIN replies r USING (reply_id)
WHERE q.status = 'planned'
ORDER BY r.reply_id, q.char_start
