-- title: Promises whose deadline has passed
-- title (zh): 期限已过的承诺
-- question: Which promises were due when the site was last looked at, the longest overdue first?
-- question (zh): 截至最近一次抓取，哪些承诺的期限已过（最早到期者在前）？
-- note: Passed is not broken: a letter does not say what became of its promise, so each row is a question to ask. The
--   day counted from is that of the release's last capture, Beijing time. `withdrawn` letters are gone from the site.
-- note (zh): 期限已过不等于未兑现：答复本身不说明结果，每行是一个可追问的问题；以本版最后一次抓取之日（北京时间）
--   为准；withdrawn 为网站上已撤下的答复。
-- columns: reply_id VARCHAR, number VARCHAR, signed_on DATE, deadline_raw VARCHAR, deadline_on DATE,
--   days_past BIGINT, actor VARCHAR, promise VARCHAR, withdrawn BOOLEAN, url VARCHAR
-- rows: 0 to 200
WITH looked AS (
  SELECT (max(fetched_at) AT TIME ZONE 'UTC' + INTERVAL 8 HOURS)::DATE AS day FROM captures
)
SELECT
  r.reply_id,
  r.number,
  r.signed_on,
  c.deadline_raw,
  c.deadline_on,
  date_diff('day', c.deadline_on, looked.day) AS days_past,
  c.actor,
  c.text AS promise,
  list_contains(r.flags, 'withdrawn') AS withdrawn,
  r.url
FROM commitments c
JOIN replies r USING (reply_id)
CROSS JOIN looked
WHERE c.deadline_on < looked.day AND c.repeats IS NULL
ORDER BY c.deadline_on, r.reply_id, c.char_start
LIMIT 200;
