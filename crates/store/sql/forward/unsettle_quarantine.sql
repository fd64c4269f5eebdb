UPDATE quarantine SET state = 'open', settled_run = NULL, settled_at = NULL WHERE settled_at > ?1
