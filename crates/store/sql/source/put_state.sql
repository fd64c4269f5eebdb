INSERT INTO source_state (source, version, due_at, checked_at, succeeded_at, news_at, observed_at, failures, trouble, memo)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (source) DO UPDATE SET
    version = excluded.version, due_at = excluded.due_at, checked_at = excluded.checked_at, succeeded_at = excluded.succeeded_at,
    news_at = excluded.news_at, observed_at = excluded.observed_at, failures = excluded.failures, trouble = excluded.trouble, memo = excluded.memo
