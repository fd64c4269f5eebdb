UPDATE run SET finished_at = ?2, state = ?3, records = ?4, written = ?5, unchanged = ?6, corrected = ?7, flagged = ?8, quarantined = ?9, message = ?10
WHERE id = ?1
