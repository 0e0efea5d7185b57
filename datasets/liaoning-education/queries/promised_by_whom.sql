-- title: Who is to keep the promises
-- title (zh): 承诺由谁落实
-- question: Whom do the letters name as the one who will act, and how often without anyone being named?
-- question (zh): 承诺的主体是谁，有多少承诺未写明主体？
-- note: 我厅 and 我们 are the signing office. The actor is null where the sentence names none; what follows from the
--   letter as a whole is not guessed. Promises that repeat an earlier sentence are left out.
-- note (zh): 我厅、我们即落款单位；句中未写明则为空，不作推断；重复前文的承诺不计。
-- columns: actor VARCHAR, letters BIGINT, promises BIGINT, share DOUBLE, with_deadline BIGINT
-- rows: 0 to 50
SELECT
  actor,
  count(DISTINCT reply_id) AS letters,
  count(*) AS promises,
  round(count(*) / sum(count(*)) OVER (), 3) AS share,
  count(deadline_on) AS with_deadline
FROM commitments
WHERE repeats IS NULL
GROUP BY actor
ORDER BY promises DESC, actor
LIMIT 50;
