#!/usr/bin/env python3
"""Schreibt Beispielmeldungen zweier LoRaWAN-Netzserver, je eine Stunde auseinander, zwei Tage lang.

Aufruf: lorawan-beispiele.py; schreibt lorawan-tts/meldungen.json und lorawan-chirpstack/meldungen.json
neben dieses Skript, eine Meldung je Zeile.

Form: „uplink message“ von The Things Stack v3 (JSON, Webhook) mit den Feldern, die der Decoder der
Wetterstation Decentlab DL-ATM22 liefert; „up event“ von ChirpStack v4 (JSON, HTTP integration).
Geräte und Werte sind erfunden und folgen einer Formel: ein Tagesgang ohne Zufall.
"""
import json
import math
import pathlib
from datetime import datetime, timedelta, timezone

HERE = pathlib.Path(__file__).parent
BEGIN = datetime(2026, 5, 4, tzinfo=timezone.utc)
HOURS = 48


def day_curve(hour, lag=14.0):
    """Von -1 bis 1, am höchsten um `lag` Uhr."""
    return math.cos((hour - lag) / 24 * 2 * math.pi)


def write(name, messages):
    lines = (json.dumps(message, ensure_ascii=False) for message in messages)
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def reading(name, unit, value):
    return {"displayName": name, "unit": unit, "value": value}


def things_stack(index):
    at = BEGIN + timedelta(hours=index, seconds=7)
    temperature = round(13.5 + index / 24 + 6.5 * day_curve(index), 1)
    wind = round(2.4 + 1.6 * day_curve(index, 16), 2)
    gateways = [("gw-rathaus", -101 - index % 5, 4.2), ("gw-feuerwache", -113 - index % 3, -2.5)]
    return {
        "end_device_ids": {"device_id": "wetter-01", "application_ids": {"application_id": "musterstadt-wetter"}, "dev_eui": "70B3D57BA0000001"},
        "received_at": at.strftime("%Y-%m-%dT%H:%M:%S.218394815Z"),
        "uplink_message": {
            "f_port": 1,
            "f_cnt": 4100 + index,
            "decoded_payload": {
                "air_temperature": reading("Air temperature", "°C", temperature),
                "wind_speed": reading("Wind speed", "m⋅s⁻¹", wind),
                "maximum_wind_speed": reading("Maximum wind speed", "m⋅s⁻¹", round(wind * 1.8, 2)),
                "wind_direction": reading("Wind direction", "°", float(200 + index * 3 % 90)),
                "battery_voltage": reading("Battery voltage", "V", 3.061),
            },
            "rx_metadata": [{"gateway_ids": {"gateway_id": name}, "rssi": rssi, "snr": snr} for name, rssi, snr in gateways],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9}}, "frequency": "868100000"},
        },
    }


def chirpstack(index):
    at = BEGIN + timedelta(hours=index, seconds=31, milliseconds=309)
    tension = round(180 + 9.5 * index - 25 * day_curve(index, 4), 1)
    warmth = round(11.8 + 1.7 * day_curve(index, 17), 1)
    return {
        "deduplicationId": f"00000000-0000-4000-8000-{index:012x}",
        "time": at.isoformat(timespec="milliseconds"),
        "deviceInfo": {"applicationName": "Baumpflege", "deviceProfileName": "Bodenfühler", "deviceName": "linde-marktplatz", "devEui": "0000000000000001"},
        "fCnt": 310 + index,
        "fPort": 8,
        "object": {"potentialwater_1": -tension, "temp_1": warmth, "battery_voltage": 3.57},
        "rxInfo": [{"gatewayId": "0000000000000a01", "rssi": -115 + index % 4, "snr": -4.0}],
        "txInfo": {"frequency": 868100000},
    }


write("lorawan-tts/meldungen.json", [things_stack(index) for index in range(HOURS)])
write("lorawan-chirpstack/meldungen.json", [chirpstack(index) for index in range(HOURS)])
