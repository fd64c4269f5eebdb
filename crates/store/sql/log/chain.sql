SELECT seq, header, payload, hash FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2
