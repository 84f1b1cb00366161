"""Memory does not grow with a raster: 20,000 x 20,000 cells are read within a gigabyte."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.windows import Window

SIDE = 20_000
READ = """
import re, sys
from pathlib import Path
import numpy as np
from shapely import box
from forecast import geo
from tests import small_places as small
squares = {f"{row}{column}": box(column, row, column + 1, row + 1) for row in range(10) for column in range(10)}
zonal = geo.Zonal(geo.areas(small.zones(squares), 5))
with geo.open_raster(Path(sys.argv[1]), root=Path(sys.argv[1]).parent, valid=(0, 1000)) as raster:
    values, coverage = zonal.read(raster, sys.argv[2])
print(int(re.search("VmHWM:\\\\s*([0-9]+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
print(*values)
"""


def write(path: Path, **layout: object) -> None:
    """Each zone's cells hold ten times its row from the north and its column."""
    profile = {"driver": "GTiff", "height": SIDE, "width": SIDE, "count": 1, "dtype": "float32", "crs": "EPSG:4326", "nodata": -1}
    step = 10 / SIDE
    with rasterio.open(path, "w", **profile, transform=Affine(step, 0, 0, 0, -step, 10), compress="lzw", **layout) as file:
        for strip in range(20):
            zone = np.repeat(np.arange(10), SIDE // 10) + 10 * (strip // 2)
            file.write(np.tile(zone.astype("float32"), (1000, 1)), 1, window=Window(0, strip * 1000, SIDE, 1000))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize("layout", [{"tiled": True, "blockxsize": 512, "blockysize": 512}, {}])
@pytest.mark.parametrize("over_zone", ["mean", "max"])
def test_twenty_thousand_cells_a_side_are_read_within_a_gigabyte(
    tmp_path: Path, layout: dict[str, object], over_zone: str
) -> None:
    write(tmp_path / "large.tif", **layout)
    command = [sys.executable, "-c", READ, str(tmp_path / "large.tif"), over_zone]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=1200, check=True)
    megabytes, values = done.stdout.strip().splitlines()
    print(megabytes, "MB")
    assert int(megabytes) < 1000
    largest = over_zone == "max"
    # Zones are named row by row from the south; on the border the largest of the neighbours is as near as rounding lets it be.
    expected = [10 * (9 - row) + column for row in range(10) for column in range(10)]
    np.testing.assert_allclose(np.array(values.split(), float), expected, atol=11 if largest else 1e-6)
