INSERT OR REPLACE INTO run (id, source, version, input, checksum, at, finished_at, state, records, written, unchanged, corrected, flagged, quarantined, message, repeats, repeated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
