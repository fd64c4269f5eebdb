SELECT min(id), checksum FROM run WHERE checksum <> zeroblob(32) GROUP BY checksum
