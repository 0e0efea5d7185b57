-- How long do letters wait between signing and publication?
SELECT
  year(published_on) AS year,
  count(*) AS letters,
  count(lag_days) AS dated,
  round(median(lag_days)) AS median_lag_days,
  max(lag_days) AS longest_lag_days,
  count(*) FILTER (kind = 'cppcc_proposal') AS proposals,
  count(*) FILTER (kind = 'npc_suggestion') AS suggestions
FROM replies
GROUP BY ALL
ORDER BY year;
