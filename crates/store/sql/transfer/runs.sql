SELECT id, source, version, input, checksum, at, finished_at, state, records, written, unchanged, corrected, flagged, quarantined, message
FROM run
ORDER BY id
