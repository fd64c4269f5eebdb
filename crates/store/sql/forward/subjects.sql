SELECT subject, seq FROM log_subject WHERE seq > ?1 AND seq <= ?2
