"""map.html in a real browser: it draws every zone, is not blank, prints on A4, and asks nothing of the network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast.publish import map
from tests.results import country_result

ZONES, NEEDS = 40, 3
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars")  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if found is None:
        message = "there is no Chromium here: `make services` installs it"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("map")
    map.write(folder, country_result(ZONES))
    return folder / "map.html"


def ask(browser: str, page: Path, profile: Path, *what: str) -> str:
    """Open the page in a fresh profile and return what the browser prints."""
    command = [browser, *FLAGS, f"--user-data-dir={profile}", *what, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_browser_draws_every_zone_once_per_need_and_loads_nothing(browser: str, page: Path, tmp_path: Path) -> None:
    dom = ask(browser, page, tmp_path / "profile", "--dump-dom")
    assert len(re.findall(r'<use href="#z\d+"', dom)) == ZONES * NEEDS
    assert dom.count("<title>") == ZONES * NEEDS + 1 + 3 * NEEDS  # a tooltip per zone, the page, a tooltip per depot
    assert "<script" not in dom
    assert [link for link in re.findall(r'(?:src|href|xlink:href)="([^"]*)"', dom) if not link.startswith("#")] == []


def test_the_picture_shows_all_classes_of_the_legend(browser: str, page: Path, tmp_path: Path) -> None:
    from PIL import Image

    shot = tmp_path / "map.png"
    ask(browser, page, tmp_path / "profile", f"--screenshot={shot}", "--window-size=1150,800")
    pixels = np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 200
    for colour in ("#7b1e1e", "#c0593b", "#e09a6b", "#f1cfac", "#e9f3f0"):
        wanted = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
        assert (np.abs(pixels.astype(int) - wanted).max(axis=1) <= 2).sum() > 100, colour


def test_notes_leave_the_front_page_on_one_sheet(browser: str, tmp_path: Path) -> None:
    note = "The records count people newly arrived with that need, not goods handed out. " * 8
    map.write(tmp_path, replace(country_result(ZONES), notes=(note, note, note)))
    ask(browser, tmp_path / "map.html", tmp_path / "profile", f"--print-to-pdf={tmp_path / 'map.pdf'}", "--no-pdf-header-footer")
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "map.pdf").read_bytes())) == 3


def test_the_front_page_prints_on_one_sheet_of_a4_landscape(browser: str, page: Path, tmp_path: Path) -> None:
    printed = tmp_path / "map.pdf"
    ask(browser, page, tmp_path / "profile", f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    content = printed.read_bytes()
    boxes = {tuple(round(float(side)) for side in box.split()) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", content)}
    assert boxes == {(0, 0, 842, 595)}
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 3  # the maps; the least covered zones and the loads on two more
