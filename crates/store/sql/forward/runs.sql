SELECT id, source, version, input, checksum, at, finished_at, state, records, written, unchanged, corrected, flagged, quarantined, message, repeats, repeated_at
FROM run
WHERE at <= ?1
