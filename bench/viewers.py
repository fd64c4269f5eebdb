"""Measures what viewers of live tiles cost the platform.

    python3 bench/viewers.py http://127.0.0.1:8080 PID [VIEWERS] [SECONDS] [TOPIC]

PID is the platform's process, which runs on this machine (`allmende demo`).
Prints the share of one core that it used with no viewer and with so many,
what each viewer received, and the memory. Standard library only.
"""

import asyncio
import os
import sys
import time
from urllib.parse import urlsplit


def ticks(pid):
    """Processor time of a process, in seconds (proc(5): utime and stime)."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Resident memory in MB."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1000


async def watch(host, port, path, counts, number):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise SystemExit(f"viewer {number}: {head.decode()}")
    while piece := await reader.read(65536):
        counts["bytes"] += len(piece)
        counts["events"] += piece.count(b"event: tiles")


async def share(pid, seconds):
    before, began = ticks(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return 100 * (ticks(pid) - before) / (time.monotonic() - began)


async def main(base, pid, viewers="1000", seconds="60", topic="dashboards/heute"):
    url, pid, viewers, seconds = urlsplit(base), int(pid), int(viewers), int(seconds)
    path = f"/api/v1/live?themen={topic}"
    idle, empty = await share(pid, seconds), memory(pid)
    counts = {"bytes": 0, "events": 0}
    tasks = [asyncio.create_task(watch(url.hostname, url.port, path, counts, number)) for number in range(viewers)]
    while counts["events"] < viewers:
        await asyncio.sleep(0.1)
        for task in tasks:
            if task.done():
                task.result()
    counts.update(bytes=0, events=0)
    busy = await share(pid, seconds)
    print(f"without viewers: {idle:.1f} % of a core, {empty:.0f} MB")
    print(f"{viewers} viewers: {busy:.1f} % of a core, {memory(pid):.0f} MB")
    print(f"each received {counts['events'] / viewers:.1f} events and {counts['bytes'] / viewers / 1000:.1f} kB in {seconds} s")
    for task in tasks:
        task.cancel()


asyncio.run(main(*sys.argv[1:]))
