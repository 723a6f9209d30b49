from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from accounts.second_factor.entities import SecondFactor, SetUp

_LONGEST_CODE = 40
_LONGEST_TOKEN = 1024


class SecondFactorOut(BaseModel):
    """`required` is whether the organisation asks everybody for one."""

    enabled: bool
    since: datetime | None
    recovery_codes_left: int
    required: bool

    @classmethod
    def of(cls, factor: SecondFactor, *, required: bool) -> Self:
        return cls(
            enabled=factor.on,
            since=factor.user.second_factor_since,
            recovery_codes_left=len(factor.recovery),
            required=required,
        )


class SetUpOut(BaseModel):
    """`address` is what a QR code for an authenticator app says, `secret` the same to type in."""

    secret: str
    address: str
    set_up: Annotated[str, Field(description="Send it back with the first code, within an hour.")]

    @classmethod
    def of(cls, begun: SetUp) -> Self:
        return cls(secret=begun.secret, address=begun.address, set_up=begun.token)


class EnableIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    set_up: Annotated[str, Field(max_length=_LONGEST_TOKEN)]
    code: Annotated[str, Field(min_length=1, max_length=_LONGEST_CODE, examples=["287082"])]


class RecoveryCodesOut(BaseModel):
    """Each works once. Nobody is told them again."""

    recovery_codes: list[str]


class RequirementIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    required: bool


class RequirementOut(BaseModel):
    required: bool
