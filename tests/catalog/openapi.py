"""The OpenAPI document as a test reads it: values that fit a schema, and whether one does."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def operations(document: Schema) -> list[tuple[str, str, Schema]]:
    """(method, path template, operation)."""
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def resolve(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def findings(document: Schema, schema: Schema, value: Any, at: str = "$") -> list[str]:
    """What of `value` the schema does not allow."""
    schema = resolve(document, schema)
    found = _combined(document, schema, value, at)
    kind = schema.get("type")
    if kind and type(value) is not TYPES[kind]:
        return [*found, f"{at}: {value!r} is no {kind}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at}: {value!r} does not match {schema['pattern']}")
    if kind == "array":
        for index, item in enumerate(value):
            found += findings(document, schema["items"], item, f"{at}[{index}]")
    if kind == "object":
        found += _members(document, schema, value, at)
    return found


def _combined(document: Schema, schema: Schema, value: Any, at: str) -> list[str]:
    found: list[str] = []
    for part in schema.get("allOf", ()):
        found += findings(document, part, value, at)
    branches = [findings(document, branch, value, at) for branch in schema.get("anyOf", ())]
    return found + (branches[0] if branches and all(branches) else [])


def _members(document: Schema, schema: Schema, value: Schema, at: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    for name in properties.keys() & value.keys():
        found += findings(document, properties[name], value[name], f"{at}.{name}")
    return found


def values(document: Schema, schema: Schema) -> st.SearchStrategy[Any]:
    """Values that fit the schema."""
    schema = resolve(document, schema)
    if "anyOf" in schema:
        branches = [values(document, branch) for branch in schema["anyOf"]]
        return st.one_of(_examples(schema) + branches)
    if "allOf" in schema:
        return values(document, schema["allOf"][0])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "array":
            items = values(document, schema["items"])
            least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
            return st.lists(items, min_size=least, max_size=most)
        case "object":
            return _objects(document, schema)
    return _texts(schema)


def _examples(schema: Schema) -> list[st.SearchStrategy[Any]]:
    """Thrice, so that they are frequent: a pattern says less than the rules ask for."""
    return [st.sampled_from(schema["examples"])] * 3 if "examples" in schema else []


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    limit = schema.get("maxLength", 60)
    if "pattern" in schema:
        pattern: str = schema["pattern"]
        other = st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= limit)
    else:
        other = st.text(min_size=schema.get("minLength", 0), max_size=min(limit, 60))
    return st.one_of([*_examples(schema), other])


def _objects(document: Schema, schema: Schema) -> st.SearchStrategy[Any]:
    fields = {name: values(document, field) for name, field in schema["properties"].items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )
