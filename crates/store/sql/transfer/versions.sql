SELECT v.name, v.version, v.text, v.at, v.actor, s.paused
FROM source s JOIN source_version v ON v.name = s.name
ORDER BY v.name, v.version
