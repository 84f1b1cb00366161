"""The operation on the issue date: stock, what is coming, trucks, lanes, promises. Scarce enough that choices must be made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.demo.geography import DETOUR, LANES_PER_ZONE, Country
from forecast.demo.supply import Supply
from forecast.demo.timeline import LEAD, PAST, Timeline
from forecast.geo import great_circle_km
from forecast.schema import Floats

WEEKS = 6  # of need, that stock and arrivals are measured in

LOTS = (
    # depot, item, batch, share of six weeks' need of the zones it serves, expiry, status, owner
    ("D01", "water_trucked", "", 0.05, "", "usable", ""),
    ("D02", "water_trucked", "", 0.04, "", "usable", ""),
    ("D03", "water_trucked", "", 0.02, "", "usable", ""),
    ("D01", "water_tabs", "TB-2503", 1.10, "2028-03-31", "usable", ""),
    ("D02", "water_tabs", "TB-2410", 0.60, "2027-10-31", "quarantine", ""),
    ("D02", "water_tabs", "TB-2411", 0.65, "2027-11-30", "usable", ""),
    ("D03", "water_tabs", "TB-2503", 0.45, "2028-03-31", "usable", ""),
    ("D01", "ration", "GF-0611", 0.20, "2026-12-15", "usable", ""),
    ("D01", "ration", "GF-0702", 0.30, "2027-02-28", "usable", ""),
    ("D02", "ration", "GF-0702", 0.60, "2027-02-28", "usable", ""),
    ("D03", "ration", "GF-0703", 0.50, "2027-03-31", "usable", ""),
    ("D01", "rusf", "RF-118", 0.40, "2026-11-20", "usable", ""),
    ("D01", "rusf", "RF-131", 0.65, "2027-08-31", "usable", ""),
    ("D02", "rusf", "RF-131", 0.70, "2027-08-31", "usable", ""),
    ("D03", "rusf", "RF-127", 0.40, "2027-06-30", "usable", ""),
    ("D03", "rusf", "RF-127", 0.20, "2027-06-30", "reserved", "partner"),
    ("D01", "health_kit", "HK-52", 0.35, "2028-01-31", "usable", ""),
    ("D02", "health_kit", "HK-52", 0.55, "2028-01-31", "usable", ""),
    ("D03", "health_kit", "HK-49", 0.30, "2027-09-30", "usable", ""),
    ("D01", "vaccine", "VX-7A", 1.00, "2027-05-31", "usable", ""),
    ("D02", "vaccine", "VX-6C", 0.35, "2026-11-27", "usable", ""),
    ("D02", "vaccine", "VX-7A", 0.55, "2027-05-31", "usable", ""),
    ("D03", "vaccine", "VX-7B", 0.80, "2027-06-30", "usable", ""),
)
ARRIVALS = (
    # depot, item, share of six weeks' need, eta, eta_low, eta_high, status
    ("D01", "ration", 0.30, "2026-11-12", "2026-11-10", "2026-11-19", "at the port"),
    ("D02", "ration", 0.15, "2026-11-19", "2026-11-16", "2026-11-30", "ordered"),
    ("D03", "ration", 0.20, "2026-11-17", "2026-11-15", "2026-11-25", "on the road"),
    ("D01", "health_kit", 0.40, "2026-11-10", "2026-11-09", "2026-11-13", "on the road"),
    ("D03", "rusf", 0.25, "2026-11-24", "2026-11-20", "2026-12-04", "ordered"),
    ("D01", "vaccine", 0.30, "2026-11-26", "2026-11-26", "2026-11-27", "booked flight"),
)
PLANT_OUTPUT = {"D01": 0.80, "D02": 0.74, "D03": 0.64}
"""Treated water a week at each depot, over what the zones it serves took in the dry weeks just gone."""


@dataclass(frozen=True)
class Vehicle:
    """A class of vehicles; `work`: the share of the truck-hours that its cargo needs."""

    name: str
    carries: str
    payload_kg: float
    payload_m3: float
    hours_per_day: float
    cost_per_trip: float
    work: float


WORKING_DAYS = 6
VEHICLES = (
    Vehicle("tanker_15m3", "bulk_water", 15000, 15, 10, 60, 0.68),
    Vehicle("truck_5t", "dry", 5000, 16, 9, 60, 0.62),
    Vehicle("truck_2t", "dry", 2000, 8, 9, 35, 0.24),
    Vehicle("cold_van", "dry cold", 800, 4, 9, 40, 0.0),
)
NARROW_LANES = {("D02", "XD0113"): 2500.0}  # a ford: nothing larger passes
CLOSED_UNTIL = {("D03", "XD0214"): "2026-11-16"}  # a bridge under repair
COST_PER_KM = 1.1

OLD_COUNTS = {"XD0101": 7, "XD0109": 8, "XD0203": 7, "XD0205": 9, "XD0310": 7}  # zones: weeks since the count, too long ago
LATE_COUNTS = ("XD0104", "XD0112", "XD0207", "XD0213", "XD0311")  # counted a week before the others
UNDER_WAY = ("XD0102", "XD0110", "XD0202", "XD0206", "XD0209", "XD0215", "XD0302", "XD0307")  # zones with trucks on the road
UNDER_WAY_SHARE = 0.6  # of what they are due


def tables(country: Country, items: pd.DataFrame, timeline: Timeline, demand: Floats, handed: Supply) -> dict[str, pd.DataFrame]:
    """All tables of the operation by file name."""
    recent = demand[:, :, LEAD + PAST - 8 : LEAD + PAST].mean(axis=2)
    weekly = pd.DataFrame(recent, country.zones.index, items.index)
    by_depot = weekly.groupby(country.depots.index.to_numpy()[country.home]).sum()
    depots = country.depots.reset_index()[["depot", "name", "lat", "lon"]]
    return {
        "depots.csv": depots,
        "stock.csv": _stock(by_depot, items, timeline),
        "arrivals.csv": _arrivals(by_depot, items, timeline),
        "zone_stock.csv": _zone_stock(country, items, timeline, handed),
        "dispatches.csv": _dispatches(country, items, timeline, handed),
        "routes.csv": _routes(country),
        "fleet.xlsx": _fleet(country, items, weekly),
        **_promises(weekly, items, timeline),
    }


def _stock(by_depot: pd.DataFrame, items: pd.DataFrame, timeline: Timeline) -> pd.DataFrame:
    table = pd.DataFrame(LOTS, columns=["depot", "item", "batch", "share", "expiry", "status", "owner"])
    table.insert(2, "quantity", _quantities(table, by_depot, items))
    counted = (timeline.issue_date - pd.Timedelta(days=2)).strftime("%Y-%m-%d")
    return table.drop(columns="share").assign(counted_on=counted)


def _arrivals(by_depot: pd.DataFrame, items: pd.DataFrame, timeline: Timeline) -> pd.DataFrame:
    """Consignments on their way to depots, and the water that the treatment plants make each week."""
    columns = ["depot", "item", "share", "eta", "eta_low", "eta_high", "status"]
    days = [(timeline.issue_date + pd.Timedelta(weeks=week)).strftime("%Y-%m-%d") for week in range(WEEKS)]
    water = [(d, "water_trucked", share / WEEKS, day, day, day, "plant") for day in days for d, share in PLANT_OUTPUT.items()]
    table = pd.DataFrame([*ARRIVALS, *water], columns=columns)
    table.insert(2, "quantity", _quantities(table, by_depot, items))
    return table.drop(columns="share")


def _quantities(table: pd.DataFrame, by_depot: pd.DataFrame, items: pd.DataFrame) -> pd.Series[int]:
    need = WEEKS * np.array([by_depot.loc[depot, item] for depot, item in zip(table["depot"], table["item"], strict=True)])
    return _whole_packs(table["share"] * need, table["item"], items)


def _whole_packs(quantity: pd.Series[float], item: pd.Series[str], items: pd.DataFrame) -> pd.Series[int]:
    pack = item.map(items["pack"])
    return pd.Series(np.ceil(quantity / pack) * pack).astype(int)


def _zone_stock(country: Country, items: pd.DataFrame, timeline: Timeline, handed: Supply) -> pd.DataFrame:
    """The last count of each zone: what its account says at the end of that week."""
    rows = []
    for position, zone in enumerate(country.zones.index):
        week = LEAD + PAST - OLD_COUNTS.get(zone, 2 if zone in LATE_COUNTS else 1)
        counted = (timeline.weeks[week] + pd.Timedelta(days=6)).strftime("%Y-%m-%d")
        for column, item in enumerate(items.index):
            if handed.is_served[position, column]:
                rows.append((zone, item, int(handed.stock_end[position, column, week]), counted))
    return pd.DataFrame(rows, columns=["zone", "item", "quantity", "counted_on"]).assign(counted_at="end_of_day")


def _dispatches(country: Country, items: pd.DataFrame, timeline: Timeline, handed: Supply) -> pd.DataFrame:
    """Waybills of the last two weeks, equal to what the zones received, and those still on the road; one load per carriage."""
    weeks = [LEAD + PAST - 2, LEAD + PAST - 1]
    arrived = [_loads(country, items, handed.received[:, :, w], timeline.weeks[w], handed.arrival_day[:, :, w]) for w in weeks]
    pack = items["pack"].to_numpy()
    due = np.floor(UNDER_WAY_SHARE * handed.order / pack) * pack * country.zones.index.isin(UNDER_WAY)[:, None] * handed.is_served
    on_the_road = _loads(country, items, due, timeline.issue_date, np.zeros_like(handed.arrival_day[:, :, 0]))
    on_the_road = on_the_road.assign(received="", received_quantity=pd.array([pd.NA] * len(on_the_road), dtype="Int64"))
    on_the_road["status"] = "on the road"
    table = pd.concat([*arrived, on_the_road], ignore_index=True)
    loads = table.groupby(["left", "depot", "zone", "carriage"]).ngroup()
    table.insert(0, "waybill", "WB26-" + (loads + 7101).astype(str))
    short = table.index == table.index[table["item"].eq("ration")][0]  # one load came short by a pack
    lost = np.where(short, pack[items.index.get_loc("ration")], np.nan)
    table["quantity"] += np.where(short, lost, 0).astype(int)
    table["lost"] = pd.array(lost, dtype="Float64").astype("Int64")
    return table.drop(columns="carriage").sort_values(["waybill", "item"], kind="stable")


def _loads(
    country: Country, items: pd.DataFrame, quantity: Floats, week: pd.Timestamp, day: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """(zone, item) quantities that arrive on `day` of a week -> dispatches from the home depot two days before."""
    zone, item = np.nonzero(quantity > 0)
    arrives = week + pd.to_timedelta(day[zone, item], unit="D")
    sent = quantity[zone, item].astype(int)
    return pd.DataFrame(
        {
            "depot": country.depots.index[country.home[zone]],
            "zone": country.zones.index[zone],
            "item": items.index[item],
            "quantity": sent,
            "left": (arrives - pd.Timedelta(days=2)).strftime("%Y-%m-%d"),
            "received": arrives.strftime("%Y-%m-%d"),
            "received_quantity": pd.array(sent, dtype="Int64"),
            "status": "received",
            "carriage": items["carriage"].to_numpy()[item],
        }
    )


def _routes(country: Country) -> pd.DataFrame:
    """The two nearest depots of each zone, and the roads between depots."""
    depots, rows = country.depots, []
    for zone, code in enumerate(country.zones.index):
        for depot in sorted(np.argsort(country.hours[zone], kind="stable")[:LANES_PER_ZONE]):
            rows.append((depots.index[depot], code, country.hours[zone, depot], country.km[zone, depot]))
    lat, lon = depots["lat"].to_numpy(), depots["lon"].to_numpy()
    between = DETOUR * great_circle_km(lat[:, None], lon[:, None], lat, lon)
    pairs = [(a, b) for a in range(len(depots)) for b in range(len(depots)) if a < b]
    rows += [(depots.index[a], depots.index[b], round(between[a, b] / 40, 1), between[a, b]) for a, b in pairs]
    table = pd.DataFrame(rows, columns=["from", "to", "hours_one_way", "km"])
    lanes = list(zip(table["from"], table["to"], strict=True))
    return table.assign(
        km=table["km"].round(0).astype(int),
        cost_per_trip=(2 * COST_PER_KM * table["km"]).round(0).astype(int),
        open_from=[CLOSED_UNTIL.get(lane, "") for lane in lanes],
        max_vehicle_kg=[NARROW_LANES.get(lane, "") for lane in lanes],
    )


def _fleet(country: Country, items: pd.DataFrame, weekly: pd.DataFrame) -> pd.DataFrame:
    """Vehicles by depot: a little fewer than the weekly need of its zones would keep busy."""
    nearest = country.hours[np.arange(len(weekly)), country.home]
    rows = []
    for depot, code in enumerate(country.depots.index):
        served = country.home == depot
        for vehicle in VEHICLES:
            cargo = items["carriage"].eq(vehicle.carries.split()[0]).to_numpy()
            kg = (weekly.to_numpy() * items["kg_per_unit"].to_numpy())[:, cargo].sum(axis=1)
            hours = (kg / vehicle.payload_kg * 2 * nearest)[served].sum()
            count = max(round(vehicle.work * hours / (vehicle.hours_per_day * WORKING_DAYS)), 1)
            row = (code, vehicle.name, count, vehicle.payload_kg, vehicle.payload_m3, vehicle.carries)
            rows.append((*row, vehicle.hours_per_day, WORKING_DAYS, vehicle.cost_per_trip))
    size = ["count", "payload_kg", "payload_m3", "carries"]
    return pd.DataFrame(rows, columns=["depot", "vehicle", *size, "hours_per_day", "working_days", "cost_per_trip"])


def _promises(weekly: pd.DataFrame, items: pd.DataFrame, timeline: Timeline) -> dict[str, pd.DataFrame]:
    """What is agreed, who comes first, and what others will bring."""
    week = [(timeline.issue_date + pd.Timedelta(weeks=n)).strftime("%Y-%m-%d") for n in range(WEEKS)]

    def packs(zone: str, item: str, share: float) -> int:
        pack = items["pack"].to_numpy(dtype=float)[items.index.get_loc(item)]
        return int(round(share * weekly[item].to_numpy()[weekly.index.get_loc(zone)] / pack) * pack)

    promised, room = packs("XD0206", "ration", 0.8), packs("XD0302", "water_trucked", 0.7)
    commitments = [
        ("XD0206", "ration", week[1], promised, None, "promised to the newly arrived", "area coordinator"),
        ("XD0302", "water_trucked", week[0], None, room, "tanks under repair", "district water office"),
    ]
    weights = [(zone, need, weight) for zone in ("XD0206", "XD0211") for need, weight in (("water", 2.0), ("food", 1.5))]
    others = [
        ("XD0105", "ration", week[1], packs("XD0105", "ration", 0.5), "Hands Together"),
        ("XD0105", "ration", week[3], packs("XD0105", "ration", 0.5), "Hands Together"),
        ("XD0212", "water_tabs", week[0], packs("XD0212", "water_tabs", 1.0), "Clean Cup"),
        ("XD0307", "health_kit", week[2], 4, "Hands Together"),
    ]
    agreed = pd.DataFrame(commitments, columns=["zone", "item", "period", "minimum", "maximum", "reason", "who"])
    return {
        "commitments.csv": agreed.astype({"minimum": "Int64", "maximum": "Int64"}),
        "priorities.csv": pd.DataFrame(weights, columns=["zone", "need", "weight"]),
        "planned_by_others.csv": pd.DataFrame(others, columns=["zone", "item", "period", "quantity", "organisation"]),
    }
