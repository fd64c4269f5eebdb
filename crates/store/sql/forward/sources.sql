SELECT s.name, max(v.version), s.paused
FROM source s JOIN source_version v ON v.name = s.name
WHERE v.at <= ?1
GROUP BY s.name
