SELECT name, version, text, at, actor FROM source_version WHERE at <= ?1
