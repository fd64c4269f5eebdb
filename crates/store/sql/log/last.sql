SELECT header, hash FROM log ORDER BY seq DESC LIMIT 1
