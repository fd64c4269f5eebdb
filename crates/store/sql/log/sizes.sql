SELECT seq, length(payload) FROM log WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3
