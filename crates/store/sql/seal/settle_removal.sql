DELETE FROM history_removal WHERE id = ?1
