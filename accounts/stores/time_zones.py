"""The time zone of a store of which nobody named one, by country and region."""

from __future__ import annotations

from functools import lru_cache

from babel.core import get_global

# Regions of countries with several zones, by the zone in which most of their people live.
_REGIONS = {
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Halifax": "NB NS PE",
        "America/Toronto": "ON QC",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
    },
    "AU": {
        "Australia/Sydney": "ACT NSW",
        "Australia/Brisbane": "QLD",
        "Australia/Melbourne": "VIC",
        "Australia/Hobart": "TAS",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
    },
}
# Countries with several zones, where nearly everybody lives in one and the others are islands.
_MAINLAND = {"ES": "Europe/Madrid", "PT": "Europe/Lisbon", "DE": "Europe/Berlin"}


def time_zone_of(country: str, region: str) -> str:
    """An IANA name, or empty where country and region leave it open.

    `country` is ISO 3166 alpha-2; `region` the postal abbreviation, for the countries above.
    """
    if country in _REGIONS:
        return _by_region(country).get(region.upper(), "")
    if country in _MAINLAND:
        return _MAINLAND[country]
    zones: list[str] = get_global("territory_zones").get(country, [])
    return zones[0] if len(zones) == 1 else ""


@lru_cache
def _by_region(country: str) -> dict[str, str]:
    return {
        region: zone for zone, regions in _REGIONS[country].items() for region in regions.split()
    }
