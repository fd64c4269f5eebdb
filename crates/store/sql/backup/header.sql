SELECT header FROM log WHERE seq = ?1
