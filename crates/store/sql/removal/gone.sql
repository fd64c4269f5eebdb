UPDATE file_removal SET gone = 1 WHERE id = ?1
