SELECT seq, header, payload IS NULL FROM log WHERE seq > ?1 AND (payload IS NULL OR payload = ?2) ORDER BY seq
