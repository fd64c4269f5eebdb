INSERT INTO history_removal (removal) VALUES (?1)
