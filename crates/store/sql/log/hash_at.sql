SELECT hash FROM log WHERE seq = ?1
