"""Input tables, by the names CONTRACTS promises."""

from __future__ import annotations

from forecast.schema.seam import RECORD, Column, Table

ZONE = Column("zone", required=True)
ITEM = Column("item", required=True)
DEPOT = Column("depot", required=True)
PERIOD = Column("period", "period", required=True)
NEEDS = ("water", "food", "care")
CARRIAGES = ("dry", "cold", "bulk_water")
CURRENT, LATE, MISSING = "current", "late", "missing"  # states of a signal on the issue date
WEEKDAYS = "days of the week"  # the unit of a column that names some, such as Mon Thu
COUNTED_AT = Column("counted_at", choices=("start_of_day", "end_of_day"))  # before or after what moved on the day of the count


MOST = 1e15  # of anything counted: more is a slip of the keyboard, and no model could add it up


def _quantity(name: str = "quantity", required: bool = False) -> Column:
    return Column(name, "number", required, unit="item unit", minimum=0, maximum=MOST)


RECORDS = Table(
    "records",
    (
        RECORD,
        ZONE,
        ITEM,
        PERIOD,
        _quantity("distributed", required=True),
        _quantity("requested"),
        _quantity("stock_start"),
        _quantity("received"),
        _quantity("stock_end"),
        Column("stockout_days", "number", unit="days", minimum=0),
        Column("people_served", "number", unit="people", minimum=0),
    ),
    key=("zone", "item", "period"),
    dated="period",
)
ITEMS = Table(
    "items",
    (
        RECORD,
        ITEM,
        Column("name"),
        Column("need", required=True, choices=NEEDS),
        Column("unit", required=True),
        Column("pack", "number", unit="item units per pack", minimum=1e-9),
        Column("kg_per_unit", "number", unit="kg", minimum=0),
        Column("m3_per_unit", "number", unit="m3", minimum=0),
        Column("per_person_per_day", "number", unit="item units", minimum=0),
        Column("covers", "number", unit="need units per item unit", minimum=1e-9),
        Column("substitutes"),
        Column("need_lapses", "flag"),
        Column("keeps_days", "number", unit="days", minimum=0),
        Column("priority", "number", minimum=0),
        Column("carriage", choices=CARRIAGES),
        Column("records_count", choices=("goods", "supply", "arrivals")),
        Column("stay_days", "number", unit="days", minimum=1e-9),
    ),
    key=("item",),
)
ZONES = Table(
    "zones",
    (
        ZONE,
        Column("zone_name"),
        Column("parent"),
        Column("population_people", "number", unit="people", minimum=0),
        Column("receives_on", unit=WEEKDAYS),
        Column("store_m3", "number", unit="m3", minimum=0),
        Column("cold_m3", "number", unit="m3", minimum=0),
    ),
    key=("zone",),
)
DEPOTS = Table(
    "depots",
    (
        RECORD,
        DEPOT,
        Column("name"),
        Column("lat", "number", required=True, unit="degrees", minimum=-90, maximum=90),
        Column("lon", "number", required=True, unit="degrees", minimum=-180, maximum=180),
        Column("calendar", unit=WEEKDAYS),
        Column("loads_kg_per_day", "number", unit="kg", minimum=0),
        Column("dry_m3", "number", unit="m3", minimum=0),
        Column("cold_m3", "number", unit="m3", minimum=0),
    ),
    key=("depot",),
)
STOCK = Table(
    "stock",
    (
        RECORD,
        DEPOT,
        ITEM,
        _quantity(required=True),
        Column("batch"),
        Column("expiry", "date"),
        Column("available_from", "date"),
        Column("counted_on", "date"),
        COUNTED_AT,
        Column("status", choices=("usable", "reserved", "quarantine")),
        Column("owner"),
    ),
    key=("depot", "item", "batch", "expiry", "available_from", "status", "owner"),
    dated="counted_on",
    is_count=True,
)
ARRIVALS = Table(
    "arrivals",
    (
        RECORD,
        DEPOT,
        ITEM,
        _quantity(required=True),
        Column("eta", "date", required=True),
        Column("eta_low", "date"),
        Column("eta_high", "date"),
        Column("status"),
        Column("consignment"),
    ),
    version_key=("consignment", "depot", "item"),
)
ZONE_STOCK = Table(
    "zone_stock",
    (RECORD, ZONE, ITEM, _quantity(required=True), Column("counted_on", "date"), COUNTED_AT),
    key=("zone", "item"),
    dated="counted_on",
    is_count=True,
)
DISPATCHES = Table(
    "dispatches",
    (
        RECORD,
        Column("waybill", required=True),
        DEPOT,
        ZONE,
        ITEM,
        _quantity(required=True),
        Column("left", "date", required=True),
        Column("received", "date"),
        _quantity("received_quantity"),
        _quantity("lost"),
        Column("status"),
        Column("vehicle"),
        Column("trips", "number", unit="vehicle loads", minimum=0),
    ),
    key=("waybill", "item"),
    dated="left",
)
BY_OTHERS = Table(
    "planned_by_others",
    (
        RECORD,
        ZONE,
        Column("item"),
        Column("need", choices=NEEDS),
        PERIOD,
        _quantity(required=True),
        Column("organisation"),
    ),
    version_key=("zone", "item", "need", "period", "organisation"),
)
ROUTES = Table(
    "routes",
    (
        RECORD,
        Column("from", required=True),
        Column("to", required=True),
        Column("hours_one_way", "number", unit="hours", minimum=0),
        Column("km", "number", unit="km", minimum=0),
        Column("lead_days", "number", unit="days", minimum=0),
        Column("cost_per_trip", "number", unit="money", minimum=0),
        Column("cost_per_kg", "number", unit="money", minimum=0),
        Column("is_open", "flag"),
        Column("open_from", "date"),
        Column("open_until", "date"),
        Column("max_vehicle_kg", "number", unit="kg", minimum=0),
        Column("vehicles"),
        Column("convoy_days", unit=WEEKDAYS),
        Column("min_shipment_kg", "number", unit="kg", minimum=0),
    ),
    key=("from", "to"),
)
FLEET = Table(
    "fleet",
    (
        RECORD,
        DEPOT,
        Column("vehicle", required=True),
        Column("count", "number", required=True, unit="vehicles", minimum=0),
        Column("payload_kg", "number", required=True, unit="kg", minimum=1e-9),
        Column("payload_m3", "number", unit="m3", minimum=1e-9),
        Column("carries"),
        Column("hours_per_day", "number", unit="hours", minimum=1e-9, maximum=24),
        Column("working_days", "number", unit="days per week", minimum=1e-9, maximum=7),
        Column("speed_kmh", "number", unit="km/h", minimum=1),
        Column("cost_per_trip", "number", unit="money", minimum=0),
    ),
    key=("depot", "vehicle"),
)
COMMITMENTS = Table(
    "commitments",
    (
        RECORD,
        ZONE,
        ITEM,
        PERIOD,
        _quantity("minimum"),
        _quantity("fixed"),
        _quantity("maximum"),
        Column("reason"),
        Column("who"),
    ),
    key=("zone", "item", "period"),
)
PRIORITIES = Table(
    "priorities",
    (RECORD, ZONE, Column("need", required=True, choices=NEEDS), Column("weight", "number", required=True, minimum=0)),
    key=("zone", "need"),
)
POPULATION = Table(
    "population",
    (
        RECORD,
        ZONE,
        Column("group", choices=("host", "idp", "refugee", "returnee")),
        Column("people", "number", required=True, unit="people", minimum=0),
        Column("low", "number", unit="people", minimum=0),
        Column("high", "number", unit="people", minimum=0),
        Column("as_of", "date"),
        Column("source"),
    ),
    key=("zone", "group"),
    dated="as_of",
    is_count=True,
)
CROSSWALK = Table(
    "crosswalk",
    (
        RECORD,
        Column("from_code", required=True),
        Column("to_code", required=True),
        Column("share", "number", required=True, minimum=0, maximum=1),
        Column("valid_from", "date"),
        Column("valid_to", "date"),
    ),
    key=("from_code", "to_code", "valid_from", "valid_to"),
)
TOWERS = Table(
    "towers",
    (
        RECORD,
        Column("tower", required=True),
        Column("lat", "number", required=True, unit="degrees", minimum=-90, maximum=90),
        Column("lon", "number", required=True, unit="degrees", minimum=-180, maximum=180),
    ),
    key=("tower",),
)
PRESENCE = Table(
    "presence",
    (
        RECORD,
        Column("tower", required=True),
        PERIOD,
        Column("subscribers", "number", unit="people", minimum=0),
        Column("operator"),
    ),
    key=("tower", "operator", "period"),
    dated="period",
)
SIGNAL_TABLE = Table(
    "signal", (RECORD, ZONE, PERIOD, Column("value", "number", required=True)), key=("zone", "period"), dated="period"
)
INPUT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RECORDS, ITEMS, POPULATION, DEPOTS, STOCK, ARRIVALS, ZONE_STOCK, DISPATCHES, BY_OTHERS,
        ROUTES, FLEET, COMMITMENTS, PRIORITIES, CROSSWALK, TOWERS, PRESENCE,
    )
}  # fmt: skip
