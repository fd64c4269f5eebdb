SELECT s.name, s.version, s.paused, t.version, t.due_at, t.checked_at, t.succeeded_at, t.news_at, t.observed_at, t.failures, t.trouble, t.memo
FROM source s LEFT JOIN source_state t ON t.source = s.name
WHERE ?1 IS NULL OR s.name = ?1
ORDER BY t.due_at, s.name
