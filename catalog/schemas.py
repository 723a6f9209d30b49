"""The catalogue as JSON says it.

What comes in is strict: unknown fields, numbers for text and fractions for money are refused.
The rules of each field stand in `catalog.rules` alone; here is the shape, and for the
documentation what the rules will accept.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from django.utils.translation import gettext
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from catalog.entities import DATA_FIELDS, Heading, Link, Listing, Product, Sort, Status, Stock
from catalog.errors import CategoryNotFound
from catalog.rules import CATEGORY_LEVEL_LIMIT, CATEGORY_LEVELS, LIMITS
from catalog.search import Criteria
from catalog.selectors import LARGEST_PAGE, PAGE
from catalog.words import slugify
from storage.pages import Page

PRICE_PATTERN = r"^[0-9]{1,10}(\.[0-9]{1,4})?$"
LONGEST_QUERY = 200
LONGEST_FILTER = 400


def _text(description: str, limit: int | None = None, **schema: Any) -> Any:
    """Documents what the rules will accept; pydantic itself checks only that it is text."""
    if limit is not None:
        schema["maxLength"] = limit
    return Field(description=description, json_schema_extra=schema)


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise PydanticCustomError(
            "price_fraction",
            "{text}",
            {"text": gettext('Send the price as text such as "12.50"; fractions are not exact.')},
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


Sku = Annotated[
    str,
    _text(
        "Unique in your organisation; stored in upper case.",
        LIMITS["sku"],
        pattern=r"^\s*[A-Za-z0-9][A-Za-z0-9._/-]*\s*$",
        examples=["MUG-042"],
    ),
]
Name = Annotated[str, _text("One line.", LIMITS["name"], minLength=1, examples=["Blue mug"])]
Price = Annotated[
    str,
    BeforeValidator(_exact),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": PRICE_PATTERN},
                {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
            ],
            "description": "An exact amount as text, or a whole number; never a fraction, for "
            "JSON numbers are not exact. At most the decimals of its currency.",
            "examples": ["12.50"],
        }
    ),
]
Currency = Annotated[str, _text("ISO 4217.", pattern="^[A-Za-z]{3}$", examples=["EUR"])]
Description = Annotated[str, _text("May have several lines.", LIMITS["description"])]
Brand = Annotated[str, _text("One line.", LIMITS["brand"], examples=["Casa Azul"])]
Category = Annotated[
    list[
        Annotated[str, Field(json_schema_extra={"maxLength": CATEGORY_LEVEL_LIMIT, "minLength": 1})]
    ],
    Field(
        description="Names of the levels, from the top.",
        json_schema_extra={"maxItems": CATEGORY_LEVELS, "examples": [["Kitchen", "Mugs"]]},
    ),
]
ImageUrl = Annotated[
    str,
    _text(
        "An https address, or a path on this site.",
        LIMITS["image_url"],
        examples=["https://example.com/blue-mug.jpg"],
    ),
]
Gtin = Annotated[
    str,
    _text(
        "8, 12, 13 or 14 digits with a correct check digit, or empty.",
        pattern=r"^([0-9]{8}|[0-9]{12,14})?$",
        examples=["4006381333931"],
    ),
]
StockText = Annotated[str, _text("The default is in_stock.", enum=list(Stock))]
StatusText = Annotated[str, _text("The default is draft.", enum=list(Status))]
Amount = Annotated[
    Decimal,
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": PRICE_PATTERN, "examples": ["12.50"]}),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    def said(self) -> dict[str, Any]:
        """What the client wrote and no more; null asks for the default."""
        return self.model_dump(exclude_unset=True)


class ProductIn(_Body):
    """A whole product. What is left out, or null, has its default."""

    sku: Sku
    name: Name
    price: Price
    currency: Currency
    description: Description | None = None
    brand: Brand | None = None
    category: Category | None = None
    image_url: ImageUrl | None = None
    gtin: Gtin | None = None
    stock: StockText | None = None
    status: StatusText | None = None


class ProductChange(_Body):
    """Some fields of a product (RFC 7396): absent stays as it is, null goes back to the default."""

    sku: Sku | None = None
    name: Name | None = None
    price: Price | None = None
    currency: Currency | None = None
    description: Description | None = None
    brand: Brand | None = None
    category: Category | None = None
    image_url: ImageUrl | None = None
    gtin: Gtin | None = None
    stock: StockText | None = None
    status: StatusText | None = None


class ProductSummary(BaseModel):
    """What a list says of a product."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    slug: str
    sku: str
    name: str
    brand: str
    price: Amount
    currency: str
    category: tuple[str, ...]
    image_url: str
    stock: Stock
    status: Status
    organisation: str = Field(validation_alias="org_id")


class ProductOut(ProductSummary):
    """Everything about a product. `version` grows by one with every change."""

    description: str
    gtin: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    version: int

    @classmethod
    def of(cls, product: Product) -> Self:
        return cls.model_construct(
            **{name: getattr(product.data, name) for name in DATA_FIELDS},
            id=product.id,
            slug=product.slug,
            organisation=product.org_id,
            created_at=product.created_at,
            updated_at=product.updated_at,
            published_at=product.published_at,
            version=product.version,
        )


class StaleProduct(BaseModel):
    current: ProductOut = Field(description="The product as it is stored now.")


class ProductPage(BaseModel):
    items: list[ProductSummary]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")
    exhaustive: bool = Field(
        description="False when a search for common words looked at a part only: the page may be "
        "short or empty although `next_cursor` goes on."
    )

    @classmethod
    def of(cls, listing: Listing) -> Self:
        return cls.model_construct(
            items=[_summary(card) for card in listing.cards],
            next_cursor=listing.next_cursor,
            exhaustive=listing.exhaustive,
        )


_summary = ProductSummary.model_validate


class CategoryLink(BaseModel):
    path: str = Field(description="For `category=` of the list.", examples=["kitchen/mugs"])
    name: str


class CategoryOut(BaseModel):
    """One level of the category tree."""

    path: str
    name: str = Field(description="Empty at the top.")
    children: list[CategoryLink]

    @classmethod
    def of(cls, path: tuple[str, ...], heading: Heading | None) -> Self:
        heading = heading or Heading()
        children = [CategoryLink(path=link.slug, name=link.label) for link in heading.children]
        return cls(path="/".join(path), name=heading.label, children=children)


class BrandOut(BaseModel):
    slug: str = Field(description="For `brand=` of the list.", examples=["casa-azul"])
    name: str


class BrandPage(BaseModel):
    items: list[BrandOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Link]) -> Self:
        items = [BrandOut(slug=link.slug, name=link.label) for link in page.items]
        return cls(items=items, next_cursor=page.next_cursor)


class CategoryQuery(BaseModel):
    path: str = Field(
        "",
        max_length=LONGEST_FILTER,
        description="A category by its path; the top without it.",
        examples=["kitchen/mugs"],
    )

    def slugs(self) -> tuple[str, ...]:
        return slugs_of(self.path)


class ListQuery(BaseModel):
    q: str = Field("", max_length=LONGEST_QUERY, description="Words to search for.")
    category: str = Field(
        "",
        max_length=LONGEST_FILTER,
        description="A category with everything below it.",
        examples=["kitchen/mugs"],
    )
    brand: str = Field("", max_length=LIMITS["brand"], examples=["casa-azul"])
    sort: Sort = Sort.NAME
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)
    mine: bool = Field(False, description="Your organisation's products, drafts too.")
    status: list[Status] = Field([], description="Only with `mine`; may be repeated.")

    @field_validator("status")
    @classmethod
    def _of_mine(cls, statuses: list[Status], info: ValidationInfo) -> list[Status]:
        if statuses and not info.data.get("mine"):
            text = gettext("The status chooses among your own products: add mine=true.")
            raise PydanticCustomError("status_without_mine", "{text}", {"text": text})
        return statuses

    def criteria(self) -> Criteria:
        """Raises CategoryNotFound for a path that no category can have."""
        brand = slugify(self.brand) if self.brand.strip() else ""
        return Criteria(text=self.q, category=slugs_of(self.category), brand=brand)

    def statuses(self) -> tuple[Status, ...]:
        return tuple(dict.fromkeys(self.status)) or tuple(Status)


def slugs_of(path: str) -> tuple[str, ...]:
    """`"Kitchen/Mugs"` or `"/kitchen/mugs/"` → `("kitchen", "mugs")`. Raises CategoryNotFound."""
    levels = tuple(slugify(level) for level in path.split("/") if level.strip())
    if len(levels) > CATEGORY_LEVELS:
        raise CategoryNotFound
    return levels
