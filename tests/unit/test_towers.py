"""Towers to zones: by the ground nearest to each tower, or the people on it, worked out on squares."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from forecast.ingest._towers import neighbours, parts_of
from tests import small_places as small

# Three squares of 0.1 degrees (11 km) at the equator, where degrees of latitude and longitude are nearly alike.
SQUARES = small.zones({"A": box(0, 0, 0.1, 0.1), "B": box(0.1, 0, 0.2, 0.1), "C": box(0.2, 0, 0.3, 0.1)}).set_index("zone")


def parts(towers: list[tuple[float, float]], zones: gpd.GeoDataFrame = SQUARES, **settings: object) -> np.ndarray:
    """(zone, tower) shares of towers given as (lat, lon)."""
    lat, lon = (np.array(values, float) for values in zip(*towers, strict=True))
    found = parts_of(lat, lon, zones, **({"reach_km": 100.0} | settings))  # type: ignore[arg-type]
    return found.shares.toarray()


def test_a_lone_tower_stands_for_all_zones_by_their_people() -> None:
    zones = SQUARES.assign(population_people=[100.0, 300.0, 600.0])
    np.testing.assert_allclose(parts([(0.05, 0.05)], zones)[:, 0], [0.1, 0.3, 0.6], atol=1e-4)
    np.testing.assert_allclose(parts([(0.05, 0.05)], zones, by="area")[:, 0], [1 / 3] * 3, atol=1e-4)


def test_ground_belongs_to_the_nearest_tower_whatever_the_zone() -> None:
    # Between 0.05 and 0.25 the middle is 0.15: half of B is of each tower, which is a third of what each stands for.
    np.testing.assert_allclose(parts([(0.05, 0.05), (0.05, 0.25)]), [[2 / 3, 0], [1 / 3, 1 / 3], [0, 2 / 3]], atol=1e-4)


def test_ground_without_people_takes_no_subscribers() -> None:
    zones = SQUARES.assign(population_people=[100.0, 0.0, 100.0])
    np.testing.assert_allclose(parts([(0.05, 0.05), (0.05, 0.25)], zones), [[1, 0], [0, 0], [0, 1]], atol=1e-4)


def test_where_the_people_of_a_zone_are_unknown_area_counts() -> None:
    zones = SQUARES.assign(population_people=[100.0, np.nan, 900.0])
    np.testing.assert_allclose(parts([(0.05, 0.05), (0.05, 0.25)], zones)[:, 0], [2 / 3, 1 / 3, 0], atol=1e-4)


def test_a_tower_reaches_only_so_far() -> None:
    np.testing.assert_allclose(parts([(0.05, 0.05)], reach_km=5)[:, 0], [1, 0, 0])


def test_towers_in_one_place_stand_for_the_same_ground() -> None:
    found = parts([(0.05, 0.05), (0.05, 0.05), (0.05, 0.25)])
    np.testing.assert_allclose(found[:, 0], found[:, 1])
    np.testing.assert_allclose(found[:, 0], [2 / 3, 1 / 3, 0], atol=1e-4)


def test_a_tower_on_the_shore_counts_for_the_land_alone_and_one_far_off_for_nothing() -> None:
    lat, lon = np.array([-0.02, 0.05, 2.0]), np.array([0.05, 0.25, 0.05])
    found = parts_of(lat, lon, SQUARES, reach_km=100)
    assert found.outside.tolist() == [False, False, True]
    np.testing.assert_allclose(found.shares.sum(axis=0), [1, 1, 0], atol=1e-9)


def test_point_zones_keep_the_towers_near_them() -> None:
    points = small.zones({"P": Point(0.0, 0.0), "Q": Point(0.1, 0.0)}).set_index("zone")
    np.testing.assert_array_equal(parts([(0.0, 0.01), (0.0, 0.09), (0.0, 0.04)], points), [[1, 0, 1], [0, 1, 0]])
    far = parts([(0.0, 0.01), (0.0, 0.06)], points, catchment_km=2)  # 0.04 degrees are 4.4 km
    np.testing.assert_array_equal(far, [[1, 0], [0, 0]])


def test_every_part_adds_up_to_one_for_any_towers_in_the_zones() -> None:
    rng = np.random.default_rng(2)
    towers = list(zip(rng.uniform(0, 0.1, 40), rng.uniform(0, 0.3, 40), strict=True))
    found = parts(towers)
    np.testing.assert_allclose(found.sum(axis=0), 1)
    assert (found >= 0).all()
    np.testing.assert_allclose(parts(towers[::-1]), found[:, ::-1], atol=1e-9)


@pytest.mark.parametrize("operators", [["a"] * 3, ["a", "a", "b"]])
def test_neighbours_are_the_nearest_of_the_same_operator(operators: list[str]) -> None:
    near = neighbours(np.zeros(3), np.array([0.0, 0.1, 0.3]), np.array(operators, dtype=object))
    first = [[1, 2], [0, 2], [1, 0]] if operators[2] == "a" else [[1, -1], [0, -1], [-1, -1]]
    assert near[:, :2].tolist() == first
