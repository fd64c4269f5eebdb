INSERT INTO log_subject (subject, seq) VALUES (?1, ?2) ON CONFLICT DO NOTHING
