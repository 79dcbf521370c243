"""/openapi.json: what FastAPI knows of the routes, and what every answer of the hub has besides."""

from typing import Any

from fastapi import FastAPI

from hub.web.schemas_of_history import Problem

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of TILANNE_API_KEYS; its scopes (read, write, admin) say what it may do.",
}


def describe(app: FastAPI) -> None:
    """Add to the description of ``app`` the problem document and the API key."""
    plain = app.openapi

    def complete() -> dict[str, Any]:
        document = plain()  # FastAPI keeps it, so the additions are made once
        components = document.setdefault("components", {})
        if "securitySchemes" not in components:
            components["securitySchemes"] = {"bearer": BEARER}
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            components.setdefault("schemas", {})["Problem"] = schema
        return document

    app.openapi = complete  # type: ignore[method-assign] # FastAPI's documented extension point
