#!/usr/bin/env python3
"""Schreibt den Sommer 2026 der Wetterstation Frankfurt/Main als „deep insert“ der SensorThings API.

Aufruf: deep_insert.py ../wetter/dwd_frankfurt_01420_tageswerte_1935-2026.csv > frankfurt-sommer-2026.json

Form: OGC 18-088 (SensorThings API 1.1), Abschnitt 10.2.1: ein Thing mit Locations, Datastreams und
deren Observations in einem Stück. Die Werte sind die der Tabelle, Tag für Tag (UTC), unverändert.
"""
import csv
import json
import sys
from datetime import date, timedelta

FIRST, LAST = "2026-06-01", "2026-08-21"
STREAMS = [("Mittlere Temperatur", "temp"), ("Höchste Temperatur", "temp_max"), ("Tiefste Temperatur", "temp_min")]
UNIT = {"name": "Grad Celsius", "symbol": "°C", "definition": "https://qudt.org/vocab/unit/DEG_C"}
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


def number(text):
    return float(text.replace(",", "."))


def period(day):
    after = date.fromisoformat(day) + timedelta(days=1)
    return f"{day}T00:00:00Z/{after.isoformat()}T00:00:00Z"


with open(sys.argv[1], encoding="utf-8", newline="") as table:
    days = [row for row in csv.DictReader(table, delimiter=";") if FIRST <= row["datum"] <= LAST]

thing = {
    "name": "Wetterstation Frankfurt/Main",
    "description": "Station 01420 des Deutschen Wetterdienstes",
    "properties": {"station": "01420"},
    "Locations": [
        {
            "name": "Frankfurt/Main",
            "description": "Lage nach dem Stationsverzeichnis des Deutschen Wetterdienstes",
            "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [8.5213, 50.0259]},
        }
    ],
    "Datastreams": [
        {
            "name": f"{title} je Tag",
            "description": f"{title} je Tag, zwei Meter über dem Boden",
            "observationType": MEASUREMENT,
            "unitOfMeasurement": UNIT,
            "ObservedProperty": {"name": title, "definition": "https://qudt.org/vocab/quantitykind/CelsiusTemperature", "description": title},
            "Sensor": {"name": "Thermometer", "description": "Thermometer", "encodingType": "text/html", "metadata": "https://www.dwd.de"},
            "Observations": [{"phenomenonTime": period(row["datum"]), "result": number(row[column])} for row in days if row[column] not in ("", "NA")],
        }
        for title, column in STREAMS
    ],
}
print(json.dumps(thing, ensure_ascii=False, indent=1))
