"""allocation.gpkg: layers for a GIS. `zones`: coverage and quantities; `depots`: what each loads; `lanes`: what goes where;
`transfers`: what depots move to each other, where they do.

`_first` is the first plan period (until `first_until`), `_all` the whole plan. An empty value is unknown.
Zones without a place are rows without geometry; where no zone has one, `zones` and `lanes` are tables.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from forecast import met_need
from forecast.publish import _week
from forecast.publish._periods import first_cells, periods_of, plan_of
from forecast.publish._text import listed
from forecast.schema import Plan, Result

_CRS = "EPSG:4326"


def write(folder: Path, result: Result) -> None:
    """Write allocation.gpkg; without a plan there is no file."""
    plan = plan_of(result)
    if plan is None:
        return
    layers = {"zones": zones(result, plan), "depots": depots(result, plan), "lanes": lanes(result, plan)}
    layers |= {"transfers": transfers(result, plan)} if len(plan.transfers) else {}
    # The format notes when a layer was last changed: the issue date, so that the same content gives the same bytes.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{result.stamp.issue_date.date()}T00:00:00.000Z"})
    try:
        for name, layer in layers.items():
            stamped: pd.DataFrame = _stamped(layer, result, plan)
            if len(layer) and not layer.geometry.notna().any():
                stamped = pd.DataFrame(stamped.drop(columns="geometry"))
            pyogrio.write_dataframe(stamped, folder / "allocation.gpkg", layer=name, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def zones(result: Result, plan: Plan) -> gpd.GeoDataFrame:
    """One feature per zone: people, coverage and risk per need, quantities per item, whether a road is open."""
    cells = plan.cells
    df = result.inputs.zones[["zone_name", "parent", "population_people", "geometry"]].copy()
    df["people_first"] = first_cells(plan).groupby("zone")["people"].mean()
    for part, of in (("first", first_cells(plan)), ("all", cells)):
        shares = met_need.by_zone(of)
        for need in met_need.needs_of(cells):
            rows = shares[shares["need"] == need].set_index("zone")
            df[f"{need}_coverage_{part}"], df[f"{need}_risk_{part}"] = rows["coverage"].round(4), rows["risk"].round(4)
    for item in sorted(set(cells["item"])):
        rows = (
            first_cells(plan)[first_cells(plan)["item"] == item]
            .groupby("zone")[["demand_mean", "planned", "expected_unmet"]]
            .sum()
        )
        for column, name in (("demand_mean", "demand"), ("planned", "planned"), ("expected_unmet", "unmet")):
            df[f"{item}_{name}_first"] = rows[column].round(3)
        df[f"{item}_planned_all"] = cells[cells["item"] == item].groupby("zone")["planned"].sum().round(3)
    shut = _week.cut_off(plan, result.inputs.routes).set_index("zone")
    df["no_road_from"], df["no_road_why"] = shut["from_day"], shut["why"].astype("str")
    return gpd.GeoDataFrame(df, geometry="geometry", crs=_CRS).reset_index()


def depots(result: Result, plan: Plan) -> gpd.GeoDataFrame:
    """One feature per depot: zones served, kg and trips, stock that runs out."""
    df = result.inputs.routes.depots[["depot", "name", "lat", "lon"]].set_index("depot")
    for part, lines in (("first", _week.loads(plan)), ("all", plan.lines)):
        lanes = _week.by_lane(lines)
        sums = lanes.groupby("depot")[["kg", "m3", "trips"]].sum(skipna=False)
        df[f"zones_{part}"] = lanes.groupby("depot").size().reindex(df.index, fill_value=0)
        for name in ("kg", "m3", "trips"):
            df[f"{name}_{part}"] = sums[name].reindex(df.index, fill_value=0.0).round(3)
    empty = _week.run_out(plan, result.inputs.items)
    df["runs_out"] = empty.groupby("depot")["item"].agg(lambda items: listed(sorted(items), 50)).astype("str")
    return gpd.GeoDataFrame(df, geometry=gpd.points_from_xy(df["lon"], df["lat"]), crs=_CRS).reset_index()


def lanes(result: Result, plan: Plan) -> gpd.GeoDataFrame:
    """One line per depot and zone that something is sent along: quantity per item, kg, m3, trips, first and last load."""
    df = _week.by_lane(plan.lines).set_index(["depot", "zone"]).add_suffix("_all")
    sent = plan.lines[plan.lines["quantity"] > 0]
    df["load_first"], df["load_last"] = (
        sent.groupby(["depot", "zone"])["load_on"].min(),
        sent.groupby(["depot", "zone"])["load_on"].max(),
    )
    first = _week.loads(plan)
    sums = _week.by_lane(first).set_index(["depot", "zone"])
    for name in ("kg", "trips"):
        df[f"{name}_first"] = sums[name].reindex(df.index, fill_value=0.0)
    df["what_first"] = _week.contents(first, result.inputs.items)
    for item in sorted(set(sent["item"])):
        df[f"{item}_quantity_all"] = sent[sent["item"] == item].groupby(["depot", "zone"])["quantity"].sum()
    df = df.reset_index()
    return gpd.GeoDataFrame(df, geometry=_lines(df, result), crs=_CRS)


def transfers(result: Result, plan: Plan) -> gpd.GeoDataFrame:
    """One line per pair of depots that move something: quantity per item, kg, trips, first and last load, for whom."""
    moved, key = plan.transfers, ["depot", "to_depot"]
    df = moved.groupby(key)[["kg", "m3", "trips"]].sum(min_count=1).add_suffix("_all")
    df["load_first"], df["load_last"] = moved.groupby(key)["load_on"].min(), moved.groupby(key)["load_on"].max()
    first = moved[moved["load_on"] < periods_of(plan).first_end]
    df["kg_first"] = first.groupby(key)["kg"].sum(min_count=1).reindex(df.index, fill_value=0.0)
    for item in sorted(set(moved["item"])):
        df[f"{item}_quantity_all"] = moved[moved["item"] == item].groupby(key)["quantity"].sum()
    df["reason"] = moved.groupby(key)["reason"].agg(lambda reasons: "; ".join(sorted(set(reasons))))
    df, places = df.reset_index(), result.inputs.routes.depots.set_index("depot")[["lon", "lat"]]
    ends = zip(places.loc[df["depot"]].to_numpy(), places.loc[df["to_depot"]].to_numpy(), strict=True)
    return gpd.GeoDataFrame(df, geometry=[shapely.LineString([start, end]) for start, end in ends], crs=_CRS)


def _lines(df: pd.DataFrame, result: Result) -> list[shapely.LineString | None]:
    """Straight lines from the depot to a point inside the zone; none where its place is not known."""
    routes, spots = result.inputs.routes.depots.set_index("depot"), result.inputs.zones.geometry.representative_point()
    starts = zip(df["depot"].map(routes["lon"]), df["depot"].map(routes["lat"]), strict=True)
    ends = (spots[zone] for zone in df["zone"])
    return [shapely.LineString([start, end]) if end is not None else None for start, end in zip(starts, ends, strict=True)]


def _stamped(layer: gpd.GeoDataFrame, result: Result, plan: Plan) -> gpd.GeoDataFrame:
    """The layer with its dates as ISO text, then the stamp every output carries."""
    stamp, calendar = result.stamp, periods_of(plan)
    dates = {"plan_from": calendar.start, "first_until": calendar.first_end, "plan_until": calendar.end}
    layer = layer.assign(**dates, run=stamp.run, status=stamp.status, issue_date=stamp.issue_date, data_until=stamp.data_until)
    days = [name for name in layer.columns if pd.api.types.is_datetime64_any_dtype(layer[name])]
    layer[days] = layer[days].apply(lambda column: column.dt.strftime("%Y-%m-%d"))
    return layer
