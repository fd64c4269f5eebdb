SELECT v.name, v.version, v.text, v.at, v.actor, s.paused
FROM source s JOIN source_version v ON v.name = s.name
WHERE s.name = ?1 AND v.version = coalesce(?2, s.version)
