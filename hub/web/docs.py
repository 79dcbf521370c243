"""The API's description made readable: what /docs shows, read from what /openapi.json says."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

Json = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
PARTS = ("orders", "door", "operations", "problems")  #: in the order a reader wants


def described(document: Json) -> dict[str, Any]:
    """Return the routes and schemas of an OpenAPI document as the page shows them."""
    schemas = document.get("components", {}).get("schemas", {})
    return {
        "routes": sorted(_routes(document), key=lambda route: route["part"]),
        "schemas": [_schema(name, schema) for name, schema in sorted(schemas.items())],
    }


def _routes(document: Json) -> Iterator[Json]:
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                yield _route(path, method.upper(), operations[method])


def _route(path: str, method: str, operation: Json) -> Json:
    secured = bool(operation.get("security"))
    parameters = operation.get("parameters", [])
    return {
        "anchor": quote(f"{method}-{path.strip('/')}", safe=""),
        "path": path,
        "method": method,
        "part": next((n for n, tag in enumerate(PARTS) if tag in operation.get("tags", ())), 9),
        "summary": operation.get("summary", path),
        "description": operation.get("description", "").replace("`", ""),
        "secured": secured,
        "parameters": [_parameter(one) for one in parameters],
        "example": _example(path, method, secured=secured),
        "responses": [
            {"status": status, "description": said["description"], "schema": _named(said)}
            for status, said in operation["responses"].items()
        ],
    }


def _parameter(parameter: Json) -> Json:
    kind, meaning = _kind(parameter["schema"]), parameter.get("description", "")
    where = f"{parameter['in']}{', required' if parameter.get('required') else ''}"
    return {"name": parameter["name"], "where": where, "kind": kind, "description": meaning}


def _example(path: str, method: str, *, secured: bool) -> str:
    words = ["curl"]
    if method != "GET":
        words.append(f"-X {method} --data-binary @delivery")
    if secured:
        words.append('-H "Authorization: Bearer $KEY"')
    return " ".join([*words, f"http://127.0.0.1:8080{path}"])


def _named(response: Json) -> str:
    for content in response.get("content", {}).values():
        reference: str = content.get("schema", {}).get("$ref", "")
        if reference:
            return reference.rpartition("/")[2]
    return ""


def _schema(name: str, schema: Json) -> Json:
    return {
        "name": name,
        "description": schema.get("description", ""),
        "codes": schema.get("enum", []),
        "members": [
            {"name": key, "kind": _kind(member), "description": member.get("description", "")}
            for key, member in schema.get("properties", {}).items()
        ],
    }


def _kind(schema: Json) -> str:
    """Say in a few words what a JSON schema allows."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = str(schema.get("format") or schema.get("type") or "anything")
    limits = [f"{name} {schema[name]}" for name in ("minimum", "maximum") if name in schema]
    return ", ".join([kind, *limits])
