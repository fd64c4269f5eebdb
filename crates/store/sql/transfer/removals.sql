SELECT checksum, at, actor FROM file_removal WHERE gone = 1 AND actor <> 'import' ORDER BY id
