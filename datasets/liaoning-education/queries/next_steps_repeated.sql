-- title: Next steps that were said before
-- title (zh): 下一步内容与前文重复
-- question: Which sentences does the next-steps part of a letter take over word for word from what stands before it?
-- question (zh): 答复的“下一步”部分有哪些句子与前文逐字重复？
-- note: `first_role` is what the sentence did where it stood first (done: reported as achieved), `first_part` the part
--   that stood in; null where no heading tells.
-- note (zh): first_role 为该句首次出现时的作用（done 即作为已完成事项），first_part 为其所在部分；标题未表明则为空。
-- columns: reply_id VARCHAR, number VARCHAR, signed_on DATE, first_part VARCHAR, first_role VARCHAR,
--   sentences_between BIGINT, sentence VARCHAR
-- rows: 0 to 200
SELECT
  r.reply_id,
  r.number,
  r.signed_on,
  h.role AS first_part,
  earlier.role AS first_role,
  again.n - earlier.n AS sentences_between,
  c.text AS sentence
FROM commitments c
JOIN sentences again USING (reply_id, sentence_id)
JOIN sections part ON part.section_id = again.section_id AND part.role = 'next_steps'
JOIN sentences earlier ON earlier.sentence_id = c.repeats
LEFT JOIN sections h ON h.section_id = earlier.section_id
JOIN replies r ON r.reply_id = c.reply_id
WHERE h.role IS DISTINCT FROM 'next_steps'
ORDER BY r.signed_on DESC NULLS LAST, r.reply_id, again.n
LIMIT 200;
