#!/usr/bin/env python3
"""Holt die Bushaltestellen (highway=bus_stop) aus Auszügen von OpenStreetMap.

Aufruf: haltestellen.py north-bayreuth.osm.gz Laufamholzstrasse.osm.xml > bushaltestellen.geojson

Namen und Nummern der Bearbeitenden entfallen; die übrigen Angaben bleiben, wie sie sind.
"""
import gzip
import json
import sys
import xml.etree.ElementTree as ElementTree

PLACES = {"north-bayreuth": "Bayreuth", "Laufamholzstrasse": "Nürnberg"}


def stops(path):
    place = next(name for part, name in PLACES.items() if part in path)
    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
    for node in ElementTree.parse(opened).getroot().iter("node"):
        tags = {tag.get("k"): tag.get("v") for tag in node.iter("tag")}
        if tags.get("highway") == "bus_stop":
            point = {"type": "Point", "coordinates": [float(node.get("lon")), float(node.get("lat"))]}
            members = {"osm_id": node.get("id"), "place": place, "edited": node.get("timestamp"), **tags}
            yield {"type": "Feature", "geometry": point, "properties": members}


found = [stop for path in sys.argv[1:] for stop in stops(path)]
lines = ",\n".join(json.dumps(stop, ensure_ascii=False) for stop in sorted(found, key=lambda stop: int(stop["properties"]["osm_id"])))
print('{"type": "FeatureCollection", "features": [\n' + lines + "\n]}")
