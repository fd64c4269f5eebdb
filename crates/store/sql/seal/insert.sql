INSERT INTO segment (object, seq_first, seq_last, time_first, time_last, rows, size_bytes, checksum)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
