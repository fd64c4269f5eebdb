DELETE FROM segment WHERE object = ?1
