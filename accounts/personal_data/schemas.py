from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from accounts.email import LONGEST_ADDRESS


class ErasureIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    email: str = Field(
        max_length=LONGEST_ADDRESS,
        description="Your own e-mail address, to confirm that you mean it.",
        examples=["name@example.com"],
    )
