-- title: Days between signing and publication
-- title (zh): 落款至公开的天数
-- question: How long do letters wait between their signature and their publication, by year of publication?
-- question (zh): 答复落款后多久才公开（按公开年份）？
-- note: Letters without one of the two dates are counted in `letters` only. Letters withdrawn later are in it.
-- note (zh): 缺任一日期的答复只计入 letters；后来撤回的答复也计入。
-- columns: year BIGINT, letters BIGINT, dated BIGINT, median_lag_days DOUBLE, ninth_decile_days DOUBLE,
--   longest_lag_days BIGINT, two_years_or_more BIGINT
-- rows: 1 to 100
SELECT
  year(published_on) AS year,
  count(*) AS letters,
  count(lag_days) AS dated,
  median(lag_days) AS median_lag_days,
  round(quantile_cont(lag_days, 0.9), 1) AS ninth_decile_days,
  max(lag_days) AS longest_lag_days,
  count(*) FILTER (lag_days >= 730) AS two_years_or_more
FROM replies
GROUP BY year
ORDER BY year;
