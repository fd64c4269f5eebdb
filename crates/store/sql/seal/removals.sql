SELECT id, removal FROM history_removal ORDER BY id
