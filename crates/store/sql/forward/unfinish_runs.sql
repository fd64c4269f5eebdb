-- A run that ended later had not ended then.
UPDATE run
SET state = 'running', finished_at = NULL, records = 0, written = 0, unchanged = 0, corrected = 0, flagged = 0, quarantined = 0, message = NULL
WHERE finished_at > ?1
