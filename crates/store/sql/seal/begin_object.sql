INSERT INTO intent_object (intent, object) VALUES (?1, ?2)
