SELECT source, count(*) FROM quarantine WHERE state = 'open' GROUP BY source ORDER BY source
