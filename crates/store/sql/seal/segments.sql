SELECT object, seq_first, seq_last, time_first, time_last, rows, size_bytes, checksum
FROM segment
ORDER BY time_first, object
