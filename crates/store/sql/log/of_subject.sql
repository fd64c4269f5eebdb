SELECT seq FROM log_subject WHERE subject = ?1 ORDER BY seq
