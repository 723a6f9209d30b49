"""From an OpenAPI document to what the API reference shows. Pure: no Django, no ninja.

Texts of the document stay as they are, in English; what the page says around them is the
template's, so constraints and access come as codes here and not as sentences.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Schema = Mapping[str, Any]

REFERENCE = "#/components/schemas/"
METHODS = ("get", "post", "put", "patch", "delete")
# JSON schema's keyword → the name by which the template explains it.
LIMITS = {
    "format": "format",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minimum": "minimum",
    "maximum": "maximum",
    "maxItems": "max_items",
    "pattern": "pattern",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of a sentence; `code` was between backticks."""

    text: str
    code: bool = False


Prose = tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """`kind` is `one_of` or a value of LIMITS; `each`: for the entries of a list."""

    kind: str
    values: tuple[str, ...]
    each: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of an object. `default` is JSON, or None where there is none."""

    name: str
    place: str
    type: str
    models: tuple[str, ...]
    required: bool
    default: str | None
    limits: tuple[Limit, ...]
    meaning: Prose


@dataclass(frozen=True, slots=True)
class Header:
    name: str
    meaning: Prose


@dataclass(frozen=True, slots=True)
class Response:
    status: str
    meaning: Prose
    models: tuple[str, ...]
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """`access` is `everybody`, `optional` (more with a token) or `token`."""

    id: str
    method: str
    path: str
    summary: str
    description: Prose
    access: str
    parameters: tuple[Field, ...]
    body: Model | None
    responses: tuple[Response, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    anchor: str
    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    meaning: Prose
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """`models` are the objects that operations and other objects lead to."""

    title: str
    version: str
    description: Prose
    groups: tuple[Group, ...]
    models: tuple[Model, ...]

    def operation(self, id: str) -> Operation:
        """Raises KeyError for an operation that the document does not have."""
        return {each.id: each for group in self.groups for each in group.operations}[id]


def reference_of(document: Schema, origin: str) -> Reference:
    """`document` as it is in JSON; `origin` such as `https://example.com`, for the examples."""
    return _Reader(document, origin).reference()


def prose(text: str) -> Prose:
    pieces = re.split(r"`([^`]+)`", " ".join(text.split()))
    return tuple(Words(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece)


class _Reader:
    def __init__(self, document: Schema, origin: str) -> None:
        self.document = document
        self.origin = origin
        self.schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})

    def reference(self) -> Reference:
        grouped: dict[str, list[Operation]] = {}
        for path, methods in self.document["paths"].items():
            for method in METHODS:
                if method in methods:
                    raw = methods[method]
                    operation = self._operation(method, path, raw)
                    grouped.setdefault(next(iter(raw.get("tags", ())), ""), []).append(operation)
        groups = tuple(
            Group(f"group-{number}", name, tuple(operations))
            for number, (name, operations) in enumerate(grouped.items(), 1)
        )
        info = self.document["info"]
        return Reference(
            title=info["title"],
            version=info["version"],
            description=prose(info.get("description", "")),
            groups=groups,
            models=self._models(groups),
        )

    def _operation(self, method: str, path: str, raw: Schema) -> Operation:
        parameters = raw.get("parameters", ())
        body = _content(raw.get("requestBody", {}))
        access = _access(raw.get("security"))
        return Operation(
            id=raw["operationId"],
            method=method.upper(),
            path=path,
            summary=raw["summary"],
            description=prose(raw.get("description", "")),
            access=access,
            parameters=tuple(
                self._field(each["name"], each["schema"], each["required"], each)
                for each in parameters
            ),
            body=None if body is None else self._model(self._name(body), body),
            responses=tuple(
                self._response(status, response)
                for status, response in sorted(raw["responses"].items())
            ),
            example=self._curl(method, path, parameters, body, access),
        )

    def _response(self, status: str, raw: Schema) -> Response:
        schema = _content(raw)
        return Response(
            status=status,
            meaning=prose(raw.get("description", "")),
            models=() if schema is None else tuple(self._objects_in(schema)),
            headers=tuple(
                Header(name, prose(header.get("description", "")))
                for name, header in raw.get("headers", {}).items()
            ),
        )

    def _models(self, groups: Iterable[Group]) -> tuple[Model, ...]:
        waiting = [
            name
            for group in groups
            for operation in group.operations
            for models in (
                *(response.models for response in operation.responses),
                *(field.models for field in operation.parameters),
                *(field.models for field in (operation.body.fields if operation.body else ())),
            )
            for name in models
        ]
        found: dict[str, Model] = {}
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = self._model(name, self.schemas[name])
                waiting += [inner for field in found[name].fields for inner in field.models]
        return tuple(sorted(found.values(), key=lambda model: model.name))

    def _model(self, name: str, schema: Schema) -> Model:
        schema = self._resolve(schema)
        required = schema.get("required", ())
        return Model(
            name=name,
            meaning=prose(schema.get("description", "")),
            fields=tuple(
                self._field(field, details, field in required)
                for field, details in schema.get("properties", {}).items()
            ),
        )

    def _field(
        self, name: str, schema: Schema, required: bool, outer: Schema | None = None
    ) -> Field:
        default = self._said(schema, "default")
        return Field(
            name=name,
            place=(outer or {}).get("in", ""),
            type=self._type(schema),
            models=tuple(self._objects_in(schema)),
            required=required,
            default=None if default is None else json.dumps(default, ensure_ascii=False),
            limits=tuple(self._limits(schema)),
            meaning=prose(
                (outer or {}).get("description") or self._said(schema, "description") or ""
            ),
        )

    # Schemas

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schemas[self._name(schema)]
        return schema

    def _name(self, schema: Schema) -> str:
        return str(schema.get("$ref", "")).removeprefix(REFERENCE)

    def _alternatives(self, schema: Schema) -> list[Schema]:
        """What a value may be, one schema for each type; `allOf` is one of them."""
        schema = self._resolve(schema)
        if "anyOf" in schema:
            return [found for each in schema["anyOf"] for found in self._alternatives(each)]
        if "allOf" in schema:
            merged: dict[str, Any] = {}
            for each in schema["allOf"]:
                merged |= self._resolve(each)
            return [merged]
        return [schema]

    def _said(self, schema: Schema, keyword: str) -> Any:
        """An annotation where it stands: at the outside first, then within the alternatives."""
        for place in (schema, self._resolve(schema)):
            if keyword in place:
                return place[keyword]
        inner = self._resolve(schema).get("anyOf", ())
        found = (self._said(each, keyword) for each in inner)
        return next((value for value in found if value is not None), None)

    def _objects_in(self, schema: Schema) -> Iterator[str]:
        """Names of the objects that a value of this schema is, or is a list of."""
        if "$ref" in schema and self._resolve(schema).get("type") == "object":
            yield self._name(schema)
        for inner in (
            *schema.get("anyOf", ()),
            *schema.get("allOf", ()),
            *([schema["items"]] if "items" in schema else ()),
        ):
            yield from self._objects_in(inner)

    def _type(self, schema: Schema) -> str:
        if "anyOf" in self._resolve(schema):
            kinds = [self._type(each) for each in self._resolve(schema)["anyOf"]]
            return " | ".join(dict.fromkeys(kinds))
        [only] = self._alternatives(schema)
        kind = str(only.get("type", "any"))
        if kind == "object":
            return self._name(schema) or kind
        if kind == "array":
            inner = self._type(only.get("items", {}))
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        return kind

    def _limits(self, schema: Schema, *, each: bool = False) -> Iterator[Limit]:
        for kind in self._alternatives(schema):
            if "enum" in kind:
                yield Limit("one_of", tuple(str(value) for value in kind["enum"]), each)
            for keyword, name in LIMITS.items():
                if keyword in kind:
                    yield Limit(name, (str(kind[keyword]),), each)
            if "items" in kind:
                yield from self._limits(kind["items"], each=True)

    # Examples

    def _example(self, schema: Schema) -> Any:
        examples = self._said(schema, "examples")
        if examples:
            return examples[0]
        first = self._alternatives(schema)[0]
        if "enum" in first:
            return first["enum"][0]
        match first.get("type"):
            case "object":
                return self._example_members(first)
            case "array":
                return [self._example(first["items"])]
            case "integer" | "number":
                return first.get("minimum", 1)
            case "boolean":
                return True
        return "…"

    def _example_members(self, schema: Schema) -> dict[str, Any]:
        """What is required and what has an example; a change shows two fields and not all."""
        schema = self._resolve(schema)
        required = schema.get("required", ())
        chosen = {
            name: self._example(details)
            for name, details in schema.get("properties", {}).items()
            if name in required or self._said(details, "examples")
        }
        return chosen if required else dict(list(chosen.items())[:2])

    def _curl(
        self, method: str, path: str, parameters: Iterable[Schema], body: Schema | None, access: str
    ) -> str:
        """For a shell; what the reader has to fill in stands there as a variable."""
        address = self.origin + re.sub(r"{(\w+)}", lambda found: _variable(found[1]), path)
        query = [
            f"{each['name']}={quote(str(self._example(each['schema'])), safe='/')}"
            for each in parameters
            if each["in"] == "query"
            and (each["required"] or self._said(each["schema"], "examples"))
        ]
        if query:
            address += "?" + "&".join(query)
        implied = method == "get" or (method == "post" and body is not None)
        lines = [f'curl {"" if implied else f"-X {method.upper()} "}"{address}"']
        if access == "token":
            lines.append('-H "Authorization: Bearer $TOKEN"')
        if method != "get":
            lines += [
                f'-H "{each["name"]}: {_variable(each["name"])}"'
                for each in parameters
                if each["in"] == "header"
            ]
        if body is not None:
            members = (
                f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
                for name, value in self._example_members(body).items()
            )
            lines.append("-H 'Content-Type: application/json'")
            lines.append("-d " + shlex.quote("{\n" + ",\n".join(members) + "\n}"))
        return " \\\n  ".join(lines)


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name).upper()


def _content(described: Schema) -> Schema | None:
    """The schema of a body; an API of JSON has one content type for each."""
    content = next(iter(described.get("content", {}).values()), None)
    schema: Schema | None = content and content.get("schema")
    return schema


def _access(security: Iterable[Schema] | None) -> str:
    if not security:
        return "everybody"
    return "optional" if {} in security else "token"
