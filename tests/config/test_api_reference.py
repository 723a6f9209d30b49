"""The reference shows all that the OpenAPI document says, and its examples work."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from string import Template
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from accounts.entities import User
from config.api_reference import Limit, Words, prose, reference_of
from storage.meter import measure
from tests.accounts.fixtures import PASSWORD
from tests.catalog.openapi import operations

PAGE = "/api/v1/docs"


class Outline(HTMLParser):
    """Text, identifiers, links within the page and levels of headings, in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.ids: list[str] = []
        self.fragments: set[str] = set()
        self.headings: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name == "href" and str(value).startswith("#"):
                self.fragments.add(str(value)[1:])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def page() -> str:
    return Client().get(PAGE).content.decode()


def article(page: str, name: str) -> str:
    found = re.search(rf'<article [^>]*id="{name}".*?</article>', page, re.DOTALL)
    assert found, name
    return found[0]


def words_of(html: str) -> str:
    return " ".join(Outline(html).text.split())


def test_every_operation_is_there_with_its_parameters_and_answers(
    document: dict[str, Any], page: str
) -> None:
    for method, path, operation in operations(document):
        text = words_of(article(page, operation["operationId"]))
        assert f"{method.upper()} {path}" in text
        assert operation["summary"] in text
        said = operation.get("description", "").replace("`", "")
        assert " ".join(said.split()) in text
        for parameter in operation.get("parameters", ()):
            assert f" {parameter['name']} {parameter['in']} " in text
            assert parameter.get("description", "").replace("`", "") in text
        for status, response in operation["responses"].items():
            assert f" {status} {response['description']}" in text
            for name, header in response.get("headers", {}).items():
                assert f"{name} {header['description'].replace('`', '')}" in text


def test_every_field_of_every_object_is_there(document: dict[str, Any], page: str) -> None:
    sections = dict(re.findall(r'<article [^>]*id="([\w-]+)"(.*?)</article>', page, re.DOTALL))
    of_bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]: (
            operation["operationId"]
        )
        for _, _, operation in operations(document)
        if "requestBody" in operation
    }
    objects = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if schema["type"] == "object"
    }
    for name, schema in objects.items():
        section = sections[of_bodies.get(name, f"object-{name}")]
        for field in schema["properties"]:
            assert f'<th scope="row"><code translate="no">{field}</code></th>' in section


def test_the_page_says_who_may_call(page: str) -> None:
    assert "Who may call it: with an access token" in words_of(article(page, "create_product"))
    assert "you see more" in words_of(article(page, "list_products"))
    assert "Who may call it: everybody Responses" in words_of(
        re.sub(r"<h4>Request body.*?</div>", "", article(page, "log_in"), flags=re.DOTALL)
    )


def test_the_contents_lead_everywhere_and_headings_are_in_order(
    document: dict[str, Any], page: str
) -> None:
    outline = Outline(page)
    assert outline.fragments <= set(outline.ids)
    assert {each["operationId"] for _, _, each in operations(document)} <= outline.fragments
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.headings.count(1) == 1
    deeper = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after - before <= 1 for before, after in deeper)


def test_the_document_can_be_downloaded_from_the_page(page: str) -> None:
    assert re.search(r'<a [^>]*href="/api/v1/openapi.json" download', page)


def test_the_page_speaks_spanish_around_english_texts() -> None:
    page = Client().get(PAGE, headers={"Accept-Language": "es"}).content.decode()
    assert '<html lang="es"' in page
    assert '<a href="#create_product" lang="en">Create a product</a>' in page


@pytest.mark.parametrize("address", [PAGE, "/api/v1/openapi.json"])
class TestDelivery:
    def test_nothing_is_read_from_the_store(self, address: str) -> None:
        with measure() as meter:
            assert Client().get(address).status_code == 200
        assert meter.calls == []

    def test_a_repeated_visit_costs_no_body(self, address: str) -> None:
        first = Client().get(address)
        assert first["Cache-Control"] == "public, no-cache"
        assert {"Cookie", "Accept-Language"} <= set(first["Vary"].split(", "))
        again = Client().get(address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_head_is_get_without_the_body(self, address: str) -> None:
        get, head = Client().get(address), Client().head(address)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("ETag", "Cache-Control", "Content-Type", "Vary"):
            assert head[name] == get[name]

    def test_it_takes_no_other_method(self, address: str) -> None:
        answer = Client().post(address, {}, content_type="application/json")
        assert answer.status_code == 405
        assert answer["Allow"] == "GET, HEAD"


def test_a_page_for_somebody_logged_in_is_kept_by_nobody(alice: User) -> None:
    client = Client()
    client.post("/accounts/login/", {"email": alice.email, "password": PASSWORD})
    page = client.get(PAGE)
    assert page["Cache-Control"] == "private, no-store"
    assert alice.name in page.content.decode()


def run(command: str, variables: dict[str, str]) -> Any:
    """What the shell and curl make of an example, sent by Django's client."""
    words = iter(shlex.split(Template(command).substitute(variables).replace("\\\n", " ")))
    assert next(words) == "curl"
    method, address, headers, body = "", "", {}, ""
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, value = next(words).split(": ", 1)
                headers[name] = value
            case "-d":
                body = next(words)
            case _:
                address = word.removeprefix("http://testserver")
    kind = headers.pop("Content-Type", "")
    return Client().generic(
        method or ("POST" if body else "GET"), address, body, kind, headers=headers
    )


def test_the_examples_work_one_after_the_other(store: None, page: str) -> None:
    def example(name: str) -> str:
        return re.sub(r"\s+$", "", Outline(article(page, name)).text.split("Example\n")[-1].strip())

    variables: dict[str, str] = {}
    assert run(example("sign_up"), {}).status_code == 201
    variables["TOKEN"] = json.loads(run(example("log_in"), {}).content)["access_token"]
    assert run(example("get_own_account"), variables).status_code == 200
    created = run(example("create_product"), {**variables, "IDEMPOTENCY_KEY": "once"})
    assert created.status_code == 201, created.content
    made = json.loads(created.content)
    variables |= {"PRODUCT_ID": made["id"], "SKU": made["sku"], "IF_MATCH": created["ETag"]}
    draft = example("change_product").replace('"name": "Blue mug"', '"status": "public"')
    changed = run(draft, escaped(variables))
    assert changed.status_code == 200, changed.content
    variables["IF_MATCH"] = changed["ETag"]
    listed = json.loads(run(example("list_products"), {}).content)
    assert [item["sku"] for item in listed["items"]] == [made["sku"]]
    for name in ("list_brands", "list_categories", "find_product", "find_product_by_sku"):
        assert run(example(name), variables).status_code == 200, name
    replaced = run(example("replace_product"), escaped(variables))
    assert replaced.status_code == 200, replaced.content
    variables["IF_MATCH"] = replaced["ETag"]
    assert run(example("delete_product"), escaped(variables)).status_code == 204


def escaped(variables: dict[str, str]) -> dict[str, str]:
    """A shell does not read the quotation marks in a variable; `shlex` after `Template` would."""
    return {name: value.replace('"', '\\"') for name, value in variables.items()}


DOCUMENT: dict[str, Any] = {
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/things/{id}": {
            "put": {
                "operationId": "put_thing",
                "summary": "Put",
                "security": [{"BearerAuth": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "at",
                        "in": "query",
                        "required": False,
                        "schema": {"type": "string", "examples": ["a b/c"]},
                    },
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {
                    "404": {"description": "No"},
                    "200": {
                        "description": "Yes",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Thing"},
                                }
                            }
                        },
                    },
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name", "kind", "count", "sure", "part", "tags"],
                "properties": {
                    "name": {"type": "string", "examples": ["it's"]},
                    "kind": {"enum": ["big", "small"], "type": "string"},
                    "count": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
                    "sure": {"type": "boolean", "default": False},
                    "part": {"$ref": "#/components/schemas/Part"},
                    "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}},
                    "note": {"type": "string"},
                },
            },
            "Part": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "string"},
                    "things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                },
            },
        }
    },
}


class TestTranslation:
    def test_an_operation(self) -> None:
        operation = reference_of(DOCUMENT, "https://example.com").operation("put_thing")
        assert (operation.method, operation.path, operation.access) == (
            "PUT",
            "/things/{id}",
            "token",
        )
        assert [response.status for response in operation.responses] == ["200", "404"]
        assert operation.responses[0].models == ("Thing",)

    def test_fields_say_their_type_default_and_limits(self) -> None:
        body = reference_of(DOCUMENT, "").operation("put_thing").body
        assert body is not None
        fields = {field.name: field for field in body.fields}
        assert fields["count"].type == "integer | null"
        assert fields["count"].limits == (Limit("minimum", ("3",)),)
        assert fields["kind"].limits == (Limit("one_of", ("big", "small")),)
        assert fields["sure"].default == "false"
        assert fields["note"].default is None
        assert not fields["note"].required
        assert (fields["part"].type, fields["part"].models) == ("Part", ("Part",))
        assert fields["tags"].type == "string[]"
        assert fields["tags"].limits == (Limit("max_length", ("9",), each=True),)

    def test_objects_that_hold_each_other_are_listed_once(self) -> None:
        assert [model.name for model in reference_of(DOCUMENT, "").models] == ["Part", "Thing"]

    def test_the_example_is_safe_for_a_shell(self) -> None:
        example = reference_of(DOCUMENT, "https://example.com").operation("put_thing").example
        words = shlex.split(example.replace("\\\n", " "))
        assert words[:4] == ["curl", "-X", "PUT", "https://example.com/things/$ID?at=a%20b/c"]
        assert unquote(words[3]).endswith("?at=a b/c")
        assert "Authorization: Bearer $TOKEN" in words
        assert json.loads(words[-1]) == {
            "name": "it's",
            "kind": "big",
            "count": 3,
            "sure": True,
            "part": {"size": "…"},
            "tags": ["…"],
        }

    def test_an_operation_that_is_not_there(self) -> None:
        with pytest.raises(KeyError):
            reference_of(DOCUMENT, "").operation("nothing")

    def test_backticks_are_code(self) -> None:
        assert prose("Only with\n `mine`.") == (
            Words("Only with "),
            Words("mine", code=True),
            Words("."),
        )
