from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from accounts.passwords import LONGEST_PASSWORD
from accounts.schemas import Email, Name, Password

# What the address in the mail ends with.
Token = Annotated[str, Field(min_length=1, max_length=4096)]


class ConfirmSignUpIn(BaseModel):
    """Names that are absent are those of the sign-up."""

    model_config = ConfigDict(strict=True, extra="forbid")

    token: Token
    password: Password
    first_name: Name | None = None
    organisation: Name | None = None


class ForgottenIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    email: Email


class NewPasswordIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    token: Token
    new_password: Password


class NewEmailIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    email: Email


class ConfirmEmailIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    token: Token


class OwnPasswordIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    current_password: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_PASSWORD,
            json_schema_extra={"format": "password"},
            examples=["what you log in with now"],
        ),
    ]
    new_password: Password
