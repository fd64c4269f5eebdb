SELECT id, key FROM subject_key WHERE subject = ?1
