"""What must be known of an HDF5 file, the form of NetCDF 4, before a library reads it.

It may name other files of the machine as the place of its values, declare far more than it holds, or keep the library busy for
ever.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np

from forecast.geo import raster as limits
from forecast.geo.raster import AGAIN, refused

MAX_AXIS = 5_000_000  # places along an axis, all of which are read
HEAP = b"GCOL\x01\0\0\0"  # how a heap of texts and references begins: then its size, and objects one after the other
OBJECT = struct.Struct("<HHIQ")  # number, references to it, nothing, size


def refuse_unsafe(path: Path, variable: str) -> None:
    """Refuse a heap without end, links into other files, values in other files, axes and blocks that unpack to too much.

    Also parts of `variable` that were never written.

    Raises InputError; OSError, KeyError and others of the library for a file that it cannot read.
    """
    import h5py  # slow to load, and only NetCDF 4 needs it

    _refuse_endless(path)
    with h5py.File(path, "r", locking=False) as file:
        for name in file:
            link = file.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise refused(path.name, f"has a link into another file ({name})", "Write its values into the file itself")
            found = file[name]  # a part that cannot be opened would keep the library busy for ever
            if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
                raise refused(path.name, f"keeps the values of {name} in another file", "Write its values into the file itself")
            if isinstance(found, h5py.Dataset) and found.ndim == 1 and found.size > MAX_AXIS:
                raise refused(path.name, f"declares {found.size:,} places along {name}, more than {MAX_AXIS:,}", "Cut it first")
        if isinstance(values := file.get(variable), h5py.Dataset):
            _refuse_blocks(path.name, values)


def _refuse_blocks(name: str, values: Any) -> None:
    if values.chunks is None:
        if values.size and not values.id.get_storage_size():
            raise refused(name, "is cut off: parts of it were never written", AGAIN)
        return
    if int(np.prod(values.chunks)) * values.dtype.itemsize > limits.MAX_BLOCK_BYTES:
        what = f"is stored in blocks of {' x '.join(f'{side:,}' for side in values.chunks)} cells"
        raise refused(name, what, "Write it in smaller blocks (nccopy -c)")
    blocks = int(np.prod([-(-size // side) for size, side in zip(values.shape, values.chunks, strict=True)]))
    fill = values.attrs.get("_FillValue", values.attrs.get("missing_value"))
    if values.id.get_num_chunks() < blocks and not (fill is not None and _same(values.fillvalue, np.ravel(fill)[0])):
        raise refused(name, "is cut off: parts of it were never written", AGAIN)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


def _refuse_endless(path: Path) -> None:
    """Refuse a heap whose free space has no size: the library would look for its end for ever."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(HEAP)
        while start >= 0:
            at, end = start + OBJECT.size, start + int.from_bytes(data[start + 8 : start + 16], "little")
            while at + OBJECT.size <= min(end, len(data)):
                number, _, _, size = OBJECT.unpack_from(data, at)
                if number == 0 and size == 0:
                    raise refused(path.name, "cannot be read as NetCDF: cut off or corrupt", AGAIN)
                at += size if number == 0 else OBJECT.size + -(-size // 8) * 8
            start = data.find(HEAP, start + len(HEAP))
