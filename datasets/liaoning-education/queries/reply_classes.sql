-- title: Classes and openness of the replies
-- title (zh): 办理类别与公开属性
-- question: How are the replies classed (A: solved or adopted, B, C, D), and are they marked as public, by year and kind?
-- question (zh): 答复的办理类别（A 为已解决或采纳，另有 B、C、D）与公开属性如何（按年份、种类）？
-- note: Most letters print neither mark: `unmarked` says how many have no class, and shares are of those that have one.
--   What a class means is defined by each province, and the answering office gives it to itself.
-- note (zh): 多数答复不印此类标记：unmarked 为无类别者，占比只以有类别者计；类别含义由各省规定，且由答复单位自定。
-- columns: year BIGINT, kind VARCHAR, letters BIGINT, class_a BIGINT, class_b BIGINT, class_c BIGINT, class_d BIGINT,
--   unmarked BIGINT, share_a DOUBLE, marked_public BIGINT, on_request BIGINT
-- rows: 1 to 300
SELECT
  year(signed_on) AS year,
  kind,
  count(*) AS letters,
  count(*) FILTER (reply_class = 'A') AS class_a,
  count(*) FILTER (reply_class = 'B') AS class_b,
  count(*) FILTER (reply_class = 'C') AS class_c,
  count(*) FILTER (reply_class = 'D') AS class_d,
  count(*) FILTER (reply_class IS NULL) AS unmarked,
  round(count(*) FILTER (reply_class = 'A') / nullif(count(reply_class), 0), 3) AS share_a,
  count(*) FILTER (openness IN ('公开', '主动公开', '全文公开')) AS marked_public,
  count(*) FILTER (openness = '依申请公开') AS on_request
FROM replies
WHERE letter_type = 'reply'
GROUP BY year, kind
ORDER BY year, kind;
