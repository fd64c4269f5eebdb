DELETE FROM file_removal WHERE id = ?1
