"""What accounts take in from another system: organisations, and the people in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.entities import clean_name
from accounts.intake.authority import Authority
from accounts.intake.errors import NoSwitch, SourceMissing, UnknownOption
from accounts.intake.organisations import OrganisationsWriter
from accounts.intake.people import PeopleWriter
from accounts.intake.rows import ROLES
from accounts.stores.intake import StoresWriter
from storage.intake import Target, TargetField, TargetWriter


@dataclass(frozen=True, slots=True)
class AccountTarget:
    """`options` may say `source`: which system the organisations belong to. `switches` are those
    that are true or false. `needed_options`: see storage.intake.NeedsOptions."""

    name: str
    summary: str
    key: tuple[str, ...]
    fields: tuple[TargetField, ...]
    make: Callable[..., TargetWriter]
    switches: tuple[str, ...] = ()
    needed_options: Mapping[str, Any] = field(default_factory=lambda: {"source": "old-crm"})

    def writer(
        self,
        *,
        org_id: str | None,
        owner_email: str | None,
        dry_run: bool,
        options: Mapping[str, Any],
    ) -> TargetWriter:
        """Raises UnknownOwner, UnknownOrganisation, UnknownOption, NoSwitch, SourceMissing, and
        PermissionDenied."""
        known = ("source", *self.switches)
        unknown = options.keys() - set(known)
        if unknown:
            raise UnknownOption(min(unknown), known)
        source = options.get("source", "")
        if not isinstance(source, str):
            raise SourceMissing
        return self.make(
            authority=Authority.of(org_id=org_id, owner_email=owner_email),
            source=clean_name(source, field="source"),
            dry_run=dry_run,
            **{name: _switch(options, name) for name in self.switches},
        )


def _switch(options: Mapping[str, Any], name: str) -> bool:
    value = options.get(name, False)
    if not isinstance(value, bool):
        raise NoSwitch(name)
    return value


ORGANISATIONS = AccountTarget(
    name="organisations",
    summary="Organisations; only without --owner. The option `source` names the other system.",
    key=("external_id",),
    fields=(
        TargetField(
            "external_id",
            required=True,
            help="What the other system calls it: its id, or its name where that is all it has.",
            synonyms=("id", "code", "uuid", "key", "number", "codigo"),
        ),
        TargetField(
            "name",
            required=True,
            synonyms=("company name", "title", "label", "company", "nombre", "razon social"),
        ),
    ),
    make=OrganisationsWriter,
)
PEOPLE = AccountTarget(
    name="people",
    summary="People without their passwords: `manage.py reset_links` lets them choose one.",
    key=("email",),
    fields=(
        TargetField(
            "email",
            required=True,
            synonyms=("e mail", "mail", "email address", "mail address", "login", "correo"),
        ),
        TargetField(
            "name",
            help="The part before the @ where there is none.",
            synonyms=("full name", "display name", "real name", "nombre", "nombre completo"),
        ),
        TargetField(
            "organisation",
            help="The external_id of an imported organisation; the one of --owner without it.",
            synonyms=(
                *("organisation id", "organization id", "org id", "company id", "customer id"),
                *("account id", "tenant id", "organization", "org", "company", "tenant"),
                *("empresa", "empresa id"),
            ),
        ),
        TargetField(
            "role",
            "choice",
            choices=ROLES,
            help="Of new people, viewer without one; with the option `change_roles` of all.",
            synonyms=("user role", "kind", "user type", "permission", "rol"),
        ),
        TargetField(
            "language",
            "choice",
            choices=tuple(code for code, _ in settings.LANGUAGES),
            synonyms=("lang", "locale", "language code", "idioma"),
        ),
        TargetField(
            "created_at",
            "moment",
            synonyms=(
                *("created", "created on", "creation date", "date created", "joined"),
                *("date joined", "registered", "registered at", "signup date", "creado"),
            ),
        ),
        TargetField(
            "deleted",
            "boolean",
            help="True deletes; nobody is restored.",
            synonyms=("is deleted", "removed", "is removed", "borrado"),
        ),
        TargetField(
            "deleted_at",
            "moment",
            help="Like deleted, with the moment.",
            synonyms=("deleted on", "removed at", "deletion date", "borrado el"),
        ),
    ),
    make=PeopleWriter,
    switches=("change_roles",),
)
STORES = AccountTarget(
    name="stores",
    summary="Stores of one organisation, by number; with --owner or --organisation.",
    key=("number",),
    fields=(
        TargetField(
            "number",
            required=True,
            help="What the other system calls it; it is shown as the number of the store.",
            synonyms=(
                *("store number", "store id", "store no", "code", "id", "branch number"),
                *("numero", "codigo", "numero de tienda"),
            ),
        ),
        TargetField(
            "name",
            required=True,
            synonyms=("store name", "title", "label", "branch", "nombre", "tienda"),
        ),
        TargetField(
            "address",
            synonyms=(
                *("address 1", "address1", "address line 1", "street", "street address"),
                *("direccion", "calle"),
            ),
        ),
        TargetField(
            "address_2",
            help="A second line of the address.",
            synonyms=("address2", "address line 2", "direccion 2"),
        ),
        TargetField("city", synonyms=("town", "locality", "ciudad", "poblacion", "localidad")),
        TargetField(
            "region",
            help="State, province or region; where there is no time zone, its abbreviation.",
            synonyms=("state", "province", "county", "estado", "provincia"),
        ),
        TargetField(
            "postal_code",
            synonyms=("zip", "zip code", "postcode", "postal", "codigo postal", "cp"),
        ),
        TargetField(
            "country",
            help="Two letters, such as ES or US.",
            synonyms=("country code", "pais"),
        ),
        TargetField(
            "time_zone",
            help="IANA; without one it follows from country and region where they tell.",
            synonyms=("timezone", "tz", "zona horaria"),
        ),
        TargetField(
            "opening_hours",
            help="Mon-Fri: 9:00-13:00, 16:00-20:00; Sat: 10:00-14:00.",
            synonyms=("hours", "business hours", "opening times", "horario"),
        ),
        TargetField("active", "boolean", synonyms=("is active", "enabled", "open", "activo")),
    ),
    make=StoresWriter,
    switches=("twelve_hour_clock",),
    needed_options={},
)
TARGETS: tuple[Target, ...] = (ORGANISATIONS, PEOPLE, STORES)
