SELECT checksum, at, actor FROM file_removal WHERE gone = 1 ORDER BY id DESC LIMIT ?1
