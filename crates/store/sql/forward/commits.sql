SELECT seq, header, payload, hash FROM log WHERE seq > ?1 AND seq <= ?2 ORDER BY seq
