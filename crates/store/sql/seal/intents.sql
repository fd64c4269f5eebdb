SELECT i.id, o.object FROM intent i LEFT JOIN intent_object o ON o.intent = i.id ORDER BY i.id, o.object
