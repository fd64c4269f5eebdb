"""Validates catalogues against the shapes beside this file, offline.

    shacl.py FILE…

One line per file: its name and how many violations it has; each violation
below it with the property and the message. Ends with 0 whatever it found: who
calls it knows which files must be right and which must not. Needs pyshacl.
"""

import logging
import pathlib
import sys

import pyshacl
import rdflib

HERE = pathlib.Path(__file__).resolve().parent
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
SKOS = rdflib.Namespace("http://www.w3.org/2004/02/skos/core#")


def lists():
    """Which concept belongs to which list, as the shapes look it up."""
    graph = rdflib.Graph()
    crates = HERE.parent.parent
    for file in sorted(crates.glob("*/vocab/*.txt")):
        lines = file.read_text(encoding="utf-8").splitlines()
        base = next(line.split(": ", 1)[1] for line in lines if line.startswith("# Base address: "))
        for code in lines:
            if code and not code.startswith("#"):
                graph.add((rdflib.URIRef(base + code), SKOS.inScheme, rdflib.URIRef(base.rstrip("/"))))
    return graph


def shapes():
    graph = rdflib.Graph()
    for file in sorted((HERE / "shapes").glob("*.ttl")):
        graph.parse(file)
    return graph


def violations(file, shape_graph, known):
    data = rdflib.Graph().parse(file)
    for triple in known:
        data.add(triple)
    _, report, _ = pyshacl.validate(data, shacl_graph=shape_graph, inference="none", advanced=False)
    for result in report.subjects(SH.resultSeverity, SH.Violation):
        path = report.value(result, SH.resultPath)
        yield str(path).rsplit("/", 1)[-1].rsplit("#", 1)[-1], str(report.value(result, SH.resultMessage))


def main(files):
    logging.disable(logging.CRITICAL)
    shape_graph, known = shapes(), lists()
    for file in files:
        found = sorted(violations(file, shape_graph, known))
        print(f"{pathlib.Path(file).name}: {len(found)}")
        for path, message in found:
            print(f"  {path}: {message}")


if __name__ == "__main__":
    main(sys.argv[1:])
