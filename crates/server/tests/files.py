"""Whether a dataset's files say the same: `files.py URL` of the dataset's page.

Reads CSV, Parquet and XLSX with other people's readers and compares them;
prints how many rows there are. Ends with an error at the first difference.
"""

import io
import sys
import urllib.request

import pandas

BASE = sys.argv[1] + "/daten."


def load(ending):
    with urllib.request.urlopen(BASE + ending) as answer:
        return io.BytesIO(answer.read())


csv = pandas.read_csv(load("csv"))
parquet = pandas.read_parquet(load("parquet"))
book = pandas.read_excel(load("xlsx"), sheet_name=None)
data = book["Daten"]

assert list(parquet.columns) == list(csv.columns), (parquet.columns, csv.columns)
assert len(parquet) == len(csv) == len(data), (len(parquet), len(csv), len(data))
for position, name in enumerate(csv.columns):
    if parquet[name].dtype.kind == "f":
        assert parquet[name].equals(csv[name].astype(float)), name
        assert data.iloc[:, position].astype(float).equals(csv[name].astype(float)), name
    elif name == "time":
        times = pandas.to_datetime(csv[name], utc=True)
        assert (parquet[name] == times).all()
        local = times.dt.tz_convert("Europe/Berlin").dt.tz_localize(None)
        assert ((data.iloc[:, position] - local).abs() < pandas.Timedelta("1ms")).all()
assert "Lizenz" in list(book["Über diese Daten"].iloc[:, 0])
print(len(csv))
