"""What DuckDB finds in tables of history: `history.py TABLE SEGMENTS`.

TABLE is the path of the exported files without their ending, SEGMENTS the
folder of the sealed ones. Prints, as JSON, how many observed numbers each holds
by attribute, their sum, and the first and the last second they stand for.
"""

import json
import sys

import duckdb

table, segments = sys.argv[1:]
database = duckdb.connect()
database.execute("set timezone = 'UTC'")

# Of several statements about an instant the one written last holds.
SEALED = f"""
    select regexp_extract(attribute, '[^/#]+$') as attribute, number, time, observed
    from read_parquet('{segments}/*.parquet')
    qualify row_number() over (partition by entity, attribute, dataset_id, time order by seq desc) = 1 and fact is null
"""
SOURCES = {
    "parquet": f"from read_parquet('{table}.parquet')",
    "csv": f"from read_csv('{table}.csv', header = true, quote = '\"', escape = '\"')",
    "json": f"from (select *, try_cast(value::varchar as double) as number from read_json('{table}.json', format = 'newline_delimited'))",
    "sealed": f"from ({SEALED})",
}
FIGURES = """
    select attribute, count(number), round(sum(number), 3), epoch(min(time))::bigint, epoch(max(time))::bigint
    {source} where observed and number is not null group by attribute order by attribute
"""
types = database.execute(f"select column_name, column_type from (describe from read_parquet('{table}.parquet'))").fetchall()
found = {name: database.execute(FIGURES.format(source=source)).fetchall() for name, source in SOURCES.items()}
print(json.dumps({"types": dict(types), "found": found}))
