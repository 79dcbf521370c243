"""/openapi.json: what FastAPI knows of the routes, and what every answer of the hub has besides."""

from typing import Any

from fastapi import FastAPI

from hub.web.schemas_of_history import Problem

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of TILANNE_API_KEYS; its scopes (read, write, admin) say what it may do.",
}
#: FastAPI's own shape of a bad parameter; here it is a problem document with status 400
NOT_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Add to the description of ``app`` the problem document and the API key."""
    plain = app.openapi

    def complete() -> dict[str, Any]:
        return _completed(plain())  # FastAPI keeps the document; saying it twice changes nothing

    app.openapi = complete  # type: ignore[method-assign] # FastAPI's documented extension point


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in NOT_OURS:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["securitySchemes"] = {"bearer": BEARER}
    return document
