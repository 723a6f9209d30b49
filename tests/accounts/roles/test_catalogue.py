"""The catalogue of permissions: declared once, said to people, and documented as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from accounts.own_permissions import ROLE_NAMES
from accounts.permissions import Role, declared, declared_codes

GUIDE = Path(__file__).parents[3] / "docs" / "roles.md"
ROW = re.compile(r"^\| `([a-z_.]+)` \|([^|]+)\|(.*)\|$", re.MULTILINE)


def test_the_table_in_the_guide_is_as_the_code_is() -> None:
    documented = {
        code: (label.strip(), ["✓" in cell for cell in cells.split("|")])
        for code, label, cells in ROW.findall(GUIDE.read_text(encoding="utf-8"))
    }
    with translation.override("en"):
        assert documented == {
            permission.code: (
                str(permission.label)[0].lower() + str(permission.label)[1:],
                [*(role.grants(permission.code) for role in Role), permission.of_store],
            )
            for permission in declared()
        }


def test_codes_are_of_the_apps_that_declare_them() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+_[a-z_]+", code) for code in declared_codes())
    assert {permission.app for permission in declared()} >= {"accounts", "catalog"}


def test_every_built_in_role_has_a_name() -> None:
    assert list(ROLE_NAMES) == list(Role)
    assert len({str(name) for name in ROLE_NAMES.values()}) == len(Role)


@pytest.mark.parametrize(
    ("more", "less"),
    [(Role.OWNER, Role.MANAGER), (Role.MANAGER, Role.STAFF), (Role.STAFF, Role.VIEWER)],
)
def test_who_ranks_higher_may_do_all_that_the_others_may(more: Role, less: Role) -> None:
    assert all(more.grants(code) for code in declared_codes() if less.grants(code))
    assert any(more.grants(code) and not less.grants(code) for code in declared_codes())
