#!/usr/bin/env python3
"""Wählt zwölf Messquerschnitte aus den Monatsdateien der Verkehrsdetektion Berlin.

Aufruf: auszug.py ORDNER, mit mq_hr_2024_03.csv.gz und mq_hr_2024_10.csv.gz darin;
schreibt mq_hr_2024_03.csv und mq_hr_2024_10.csv neben dieses Skript.

Die Zeilen bleiben, wie sie sind. Gewählt sind Querschnitte, denen in beiden Monaten höchstens
40 von 1487 Stunden fehlen und die beide Nächte der Zeitumstellung enthalten.
"""
import gzip
import pathlib
import sys

CHOSEN = ["TE012", "TE130", "TE136", "TE137", "TE179", "TE274", "TE275", "TE307", "TE351", "TE356", "TE490", "TE509"]

for month in ("mq_hr_2024_03", "mq_hr_2024_10"):
    with gzip.open(pathlib.Path(sys.argv[1]) / f"{month}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        header, *rows = lines
    kept = [row for row in rows if row.split(";", 1)[0] in CHOSEN]
    target = pathlib.Path(__file__).with_name(f"{month}.csv")
    target.write_text(header + "".join(kept), encoding="utf-8", newline="")
