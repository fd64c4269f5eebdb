DELETE FROM subject_key WHERE subject = ?1
