DELETE FROM session WHERE account = ?1 AND hash <> ?2
