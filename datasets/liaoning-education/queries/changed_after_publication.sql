-- title: Letters edited or withdrawn after publication
-- title (zh): 公开后被修改或撤回的答复
-- question: Which letters were edited, moved, withdrawn or put back after they were published, and how long after?
-- question (zh): 哪些答复在公开后被修改、移动、撤回或恢复，距公开多久？
-- note: Seen on `seen_on` (Beijing time); it happened between the crawl before and that one, so `days_after` is the most
--   it can have been. What happened before the first crawl nobody knows.
-- note (zh): seen_on 为抓取时发现之日（北京时间），实际发生于此前一次抓取之后，故 days_after 为上限；首次抓取之前的
--   变动无从得知。
-- columns: reply_id VARCHAR, number VARCHAR, event VARCHAR, published_on DATE, seen_on DATE, days_after BIGINT,
--   changed_fields VARCHAR[], page_title VARCHAR, url VARCHAR
-- rows: 0 to 500
SELECT
  r.reply_id,
  r.number,
  h.event,
  r.published_on,
  (h.seen_at AT TIME ZONE 'UTC' + INTERVAL 8 HOURS)::DATE AS seen_on,
  date_diff('day', r.published_on, (h.seen_at AT TIME ZONE 'UTC' + INTERVAL 8 HOURS)::DATE) AS days_after,
  h.changed_fields,
  r.page_title,
  h.url
FROM history h
JOIN replies r USING (reply_id)
WHERE h.event <> 'appeared'
ORDER BY h.seen_at DESC, r.reply_id, h.event
LIMIT 500;
