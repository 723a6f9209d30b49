from __future__ import annotations

import pytest

from accounts.devices import device_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
SEEN = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox on Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0": (
        "Firefox on Windows"
    ),
    "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0": "Firefox on Android",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) FxiOS/131.0 Mobile/15E148 Safari/605.1.15": "Firefox on iPhone",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/129.0.0.0 Safari/537.36": (
        "Chrome on Windows"
    ),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/129.0.0.0 Safari/537.36": (
        "Chrome on ChromeOS"
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/129.0.0.0 Mobile Safari/537.36": (
        "Chrome on Android"
    ),
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/129.0.0.0 Safari/537.36": (
        "Chrome on Linux"
    ),
    "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/129.0.6668.46 Mobile/15E148 Safari/604.1": "Chrome on iPad",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/129.0.0.0 Safari/537.36 "
    "Edg/129.0.0.0": "Edge on Windows",
    f"Mozilla/5.0 (Linux; Android 10; HD1913) {WEBKIT} Chrome/129.0.0.0 Mobile Safari/537.36 "
    "EdgA/128.0.0.0": "Edge on Android",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/128.0.0.0 Safari/537.36 "
    "OPR/114.0.0.0": "Opera on macOS",
    f"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) {WEBKIT} SamsungBrowser/26.0 "
    "Chrome/122.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.6 Safari/605.1.15": "Safari on macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.6 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    "curl/8.9.1": "curl",
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko": "Windows",
    "": "unknown device",
    "<script>alert('Firefox')</script>": "unknown device",
    "<b>Firefox/1</b> (Linux)": "Firefox on Linux",
    "x" * 600 + " Firefox/128.0 (Linux)": "unknown device",
}


@pytest.mark.parametrize(("user_agent", "device"), SEEN.items(), ids=range(len(SEEN)))
def test_what_browsers_say_in_two_words(user_agent: str, device: str) -> None:
    assert str(device_of(user_agent)) == device
