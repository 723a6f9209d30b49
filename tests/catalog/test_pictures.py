import re
from xml.etree import ElementTree as ET

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from catalog.pictures import PALETTES, PLACEHOLDER, UnknownKind, kinds, picture
from catalog.views import pictures as views

SEEDS = (0, 1, 7, 23, 48, 9999)
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED_ELEMENTS = {
    SVG + name
    for name in (
        "svg title defs g path rect circle ellipse use stop linearGradient radialGradient".split()
    )
}


def served(request: HttpRequest, kind: str, seed: int) -> HttpResponse:
    response = views.picture(request, kind, seed)
    assert isinstance(response, HttpResponse)
    return response


def test_there_are_enough_kinds_for_a_varied_shop_window() -> None:
    assert len(kinds()) >= 45
    assert PLACEHOLDER in kinds()


@pytest.mark.parametrize("kind", kinds())
def test_picture_is_small_well_formed_and_self_contained(kind: str) -> None:
    for seed in SEEDS:
        text = picture(kind, seed)
        root = ET.fromstring(text)
        assert len(text.encode()) <= 3072
        assert root.get("viewBox") == "0 0 800 800"
        assert (root[0].tag, bool(root[0].text)) == (f"{SVG}title", True)
        ids = {element.get("id") for element in root.iter()}
        for element in root.iter():
            assert element.tag in ALLOWED_ELEMENTS
            for name, value in element.attrib.items():
                assert not name.startswith("on")
                assert name not in {"style", "class"}
                assert set(re.findall(r"url\(#([^)]+)\)", value)) <= ids
                if name == "href":
                    assert value.removeprefix("#") in ids


@pytest.mark.parametrize("kind", kinds())
def test_picture_is_deterministic(kind: str) -> None:
    first = [picture(kind, seed) for seed in SEEDS]
    picture.cache_clear()
    assert [picture(kind, seed) for seed in SEEDS] == first


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind != PLACEHOLDER])
def test_every_palette_gives_another_picture(kind: str) -> None:
    assert len({picture(kind, seed) for seed in range(len(PALETTES))}) == len(PALETTES)


def test_placeholder_is_translucent_so_that_it_suits_light_and_dark_pages() -> None:
    root = ET.fromstring(picture(PLACEHOLDER, 1))
    background = next(root.iter(f"{SVG}path"))
    assert float(background.attrib["fill-opacity"]) < 0.5


@pytest.mark.parametrize("kind", ["unicorn", "", "../pictures", "mug.svg", "Mug"])
def test_unknown_kind_is_refused(kind: str) -> None:
    with pytest.raises(UnknownKind):
        picture(kind, 1)


def test_view_serves_a_picture_that_may_be_kept_for_a_year(rf: RequestFactory) -> None:
    response = served(rf.get("/pictures/mug-3.svg"), "mug", 3)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Security-Policy"].startswith("default-src 'none'; style-src 'none'")
    assert response.content.decode() == picture("mug", 3)


def test_view_answers_304_to_a_known_etag(rf: RequestFactory) -> None:
    etag = served(rf.get("/"), "mug", 3)["ETag"]
    response = served(rf.get("/", headers={"If-None-Match": etag}), "mug", 3)
    assert (response.status_code, response["ETag"], response.content) == (304, etag, b"")
    assert served(rf.get("/"), "mug", 4)["ETag"] != etag


@pytest.mark.parametrize(("kind", "seed"), [("unicorn", 1), ("mug", views.MAX_SEED + 1)])
def test_view_does_not_find_unknown_pictures(rf: RequestFactory, kind: str, seed: int) -> None:
    with pytest.raises(Http404):
        served(rf.get("/"), kind, seed)


def test_view_answers_head_and_refuses_post(rf: RequestFactory) -> None:
    assert served(rf.head("/"), "mug", 3).status_code == 200
    assert served(rf.post("/"), "mug", 3).status_code == 405
