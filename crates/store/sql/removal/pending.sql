SELECT id, checksum FROM file_removal WHERE gone = 0 ORDER BY id
