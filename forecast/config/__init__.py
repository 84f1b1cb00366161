"""All of a config, typed and frozen; the only package that reads YAML.

The text under each field is its manual. Unknown keys are refused with the near name. A config may name one `base:`;
scenarios lie in `scenarios/` beside the config and hold differences only. Mappings merge, anything else replaces.
"""

from forecast.config.reading import from_records, job, load, scenario_files
from forecast.config.section import SEVERAL, TO_DECIDE, Code, Plugin, Section
from forecast.config.settings import (
    LONGEST,
    Access,
    CloseLanes,
    Config,
    DelayArrivals,
    Displace,
    Forecast,
    Item,
    Job,
    Order,
    Planning,
    ScaleFleet,
    WhatIf,
)
from forecast.wording import settings_problems

__all__ = [
    "LONGEST",
    "SEVERAL",
    "TO_DECIDE",
    "Access",
    "CloseLanes",
    "Code",
    "Config",
    "DelayArrivals",
    "Displace",
    "Forecast",
    "Item",
    "Job",
    "Order",
    "Planning",
    "Plugin",
    "ScaleFleet",
    "Section",
    "WhatIf",
    "from_records",
    "job",
    "load",
    "scenario_files",
    "settings_problems",
]
