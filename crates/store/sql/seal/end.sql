DELETE FROM intent WHERE id = ?1
