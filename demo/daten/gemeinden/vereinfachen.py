#!/usr/bin/env python3
"""Vereinfacht die Gemeindegrenzen Hessens (VG250, Stand 2017) auf den Gebietsstand 2023.

Aufruf: vereinfachen.py hessen_gemeinden_vg250_2017.geojson destatis_gemeinden_hessen_2023.json > grenzen-hessen.geojson

1. Nur Gemeinden, die es 2023 gibt (Schlüssel AGS). Die vier gemeindefreien Gebiete entfallen.
2. Oberzent (06437016) und Wesertal (06633030) entstanden nach 2017: ihre Fläche sind die Flächen
   ihrer früheren Gemeinden, als Teile einer Multifläche. Bromskirchen gehört zu Allendorf (Eder).
3. Gemeinsame Grenzen werden gemeinsam vereinfacht (Douglas-Peucker, rund 150 m), damit zwischen
   Nachbarn keine Lücken entstehen; Koordinaten auf vier Nachkommastellen.
"""
import json
import sys

TOLERANCE = 0.0015
MERGED = {
    "06437016": ("Oberzent", "Stadt", ["06437002", "06437015", "06437008", "06437014"]),
    "06633030": ("Wesertal", "Gemeinde", ["06633021", "06633027"]),
}
ADDED = {"06635001": ["06635005"]}


def rings_of(geometry):
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[[tuple(point) for point in ring] for ring in polygon] for polygon in polygons]


def douglas_peucker(points):
    if len(points) < 3:
        return points
    (ax, ay), (bx, by) = points[0], points[-1]
    dx, dy = bx - ax, by - ay
    length = (dx * dx + dy * dy) ** 0.5
    farthest, distance = 0, -1.0
    for index in range(1, len(points) - 1):
        px, py = points[index]
        if length == 0:
            d = ((px - ax) ** 2 + (py - ay) ** 2) ** 0.5
        else:
            d = abs(dx * (ay - py) - (ax - px) * dy) / length
        if d > distance:
            farthest, distance = index, d
    if distance <= TOLERANCE:
        return [points[0], points[-1]]
    return douglas_peucker(points[: farthest + 1])[:-1] + douglas_peucker(points[farthest:])


def simplify(ring, owners):
    body = ring[:-1]
    count = len(body)
    corners = [i for i in range(count) if not (owners[body[i - 1]] == owners[body[i]] == owners[body[(i + 1) % count]])]
    if len(corners) < 2:
        start = min(range(count), key=lambda i: body[i])
        far = max(range(count), key=lambda i: (body[i][0] - body[start][0]) ** 2 + (body[i][1] - body[start][1]) ** 2)
        corners = sorted({start, far})
    out = []
    for number, start in enumerate(corners):
        end = corners[(number + 1) % len(corners)]
        arc = body[start : end + 1] if start < end else body[start:] + body[: end + 1]
        forward = arc[0] <= arc[-1]
        done = douglas_peucker(arc if forward else arc[::-1])
        out += (done if forward else done[::-1])[:-1]
    rounded = []
    for x, y in out:
        point = (round(x, 4), round(y, 4))
        if not rounded or rounded[-1] != point:
            rounded.append(point)
    if len(rounded) > 1 and rounded[0] == rounded[-1]:
        rounded.pop()
    return rounded + rounded[:1] if len(rounded) >= 3 else None


def main(polygons_path, population_path):
    sys.setrecursionlimit(100_000)
    features = json.load(open(polygons_path, encoding="utf-8"))["features"]
    population = json.load(open(population_path, encoding="utf-8"))
    wanted = {key[:5] + key[9:] for key in population}
    by_ags = {feature["properties"]["AGS"]: feature for feature in features}
    owners = {}
    for ags, feature in by_ags.items():
        for polygon in rings_of(feature["geometry"]):
            for number, ring in enumerate(polygon):
                for point in ring:
                    owners.setdefault(point, set()).add(ags)
    owners = {point: frozenset(names) for point, names in owners.items()}
    out = []
    for ags in sorted(wanted):
        if ags in MERGED:
            name, kind, parts = MERGED[ags]
        else:
            properties = by_ags[ags]["properties"]
            name, kind, parts = properties["GEN"], properties["BEZ"], [ags] + ADDED.get(ags, [])
        polygons = []
        for part in parts:
            for polygon in rings_of(by_ags[part]["geometry"]):
                rings = [ring for ring in (simplify(ring, owners) for ring in polygon) if ring]
                if rings:
                    polygons.append(rings)
        geometry = {"type": "Polygon", "coordinates": polygons[0]} if len(polygons) == 1 else {"type": "MultiPolygon", "coordinates": polygons}
        properties = {"ags": ags, "name": name, "art": kind}
        out.append({"type": "Feature", "properties": properties, "geometry": geometry})
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in out)
    print('{"type":"FeatureCollection","features":[\n' + lines + "\n]}")


main(*sys.argv[1:])
