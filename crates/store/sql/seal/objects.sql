SELECT object FROM intent_object WHERE intent = ?1
