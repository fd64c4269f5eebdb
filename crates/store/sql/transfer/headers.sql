SELECT seq, header, hash FROM log WHERE seq <= ?1 ORDER BY seq
