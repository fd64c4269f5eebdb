SELECT v.version, v.text FROM source s JOIN source_version v ON v.name = s.name AND v.version = s.version WHERE s.name = ?1
