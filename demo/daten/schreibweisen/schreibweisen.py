#!/usr/bin/env python3
"""Schreibt dieselbe Temperatur in drei Schreibweisen: Vorführdaten um die Nacht der Zeitumstellung.

Grundlage sind die Tageshöchst- und Tagestiefstwerte der Station 01420 vom 25. bis 29. Oktober 2024 aus ../wetter/.
Dazwischen ist jede Stunde gerechnet (Kosinus vom Tiefstwert um 5 Uhr UTC zum Höchstwert um 13 Uhr UTC), auf ein Zehntel
Grad gerundet. Gemessen ist von den Stundenwerten keiner; auch die Kennzeichen und die Lücke sind für die Vorführung gesetzt.

Aufruf: python3 schreibweisen.py
"""

import csv
import json
import math
import pathlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

HERE = pathlib.Path(__file__).parent
DAILY = HERE.parent / "wetter" / "dwd_frankfurt_01420_tageswerte_1935-2026.csv"
BERLIN = ZoneInfo("Europe/Berlin")
WINTER = timezone(timedelta(hours=1))
HOUR = timedelta(hours=1)


def anchors():
    """Zeiten und Werte, zwischen denen gerechnet wird."""
    found = []
    with DAILY.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if "2024-10-25" <= row["datum"] <= "2024-10-29":
                day = datetime.fromisoformat(row["datum"]).replace(tzinfo=timezone.utc)
                low, high = (float(row[name].replace(",", ".")) for name in ("temp_min", "temp_max"))
                found += [(day + 5 * HOUR, low), (day + 13 * HOUR, high)]
    return found


def celsius(at, between):
    """Der Wert einer Stunde, auf ein Zehntel."""
    for (start, first), (end, last) in zip(between, between[1:]):
        if start <= at < end:
            share = (1 - math.cos(math.pi * ((at - start) / (end - start)))) / 2
            return Decimal(str(round(first + (last - first) * share, 1)))
    raise ValueError(at)


def main():
    between = anchors()
    first = datetime(2024, 10, 26, tzinfo=BERLIN).astimezone(timezone.utc)
    hours = [first + n * HOUR for n in range(73)]
    values = [celsius(at, between) for at in hours]
    double = [datetime(2024, 10, 27, hour, tzinfo=timezone.utc) for hour in (0, 1)]

    with (HERE / "celsius.csv").open("w", encoding="iso-8859-1", newline="") as file:
        file.write("Datum;Stunde;Temperatur in °C;Güte;Rechtswert;Hochwert\r\n")
        for at, value in zip(hours, values):
            local = at.astimezone(BERLIN)
            grade = 2 if at in double else 1
            number = str(value).replace(".", ",")
            file.write(f"{local:%d.%m.%Y};{local:%H:%M};{number};{grade};3465772,765;5543397,642\r\n")

    readings = []
    for at, value in zip(hours, values):
        reading = {"ende": f"{at + HOUR:%Y-%m-%dT%H:%M:%SZ}", "f100": int(value * 180 + 3200)}
        if at == datetime(2024, 10, 27, 13, tzinfo=timezone.utc):
            reading["hinweis"] = "S"
        readings.append(reading)
    station = {"geraet": "F-7", "lon": 8.5213, "lat": 50.0259, "werte": readings}
    (HERE / "fahrenheit.json").write_text(json.dumps(station, indent=0) + "\n", encoding="utf-8")

    with (HERE / "kelvin.txt").open("w", encoding="utf-8", newline="") as file:
        file.write("zeit_mez|mK|ost|nord\n")
        for at, value in zip(hours, values):
            winter = at.astimezone(WINTER)
            thousandths = int(value * 1000) + 273150
            number = f"{thousandths:,}".replace(",", ".")
            number = "---" if at == datetime(2024, 10, 28, 2, tzinfo=timezone.utc) else number
            file.write(f"{winter:%Y%m%d %H%M}|{number}|465711.474|5541620.159\n")


if __name__ == "__main__":
    main()
