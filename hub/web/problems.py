"""Every error as an RFC 9457 problem document that says what is wrong and what to do.

``type`` is a path of this hub that explains the kind; ``remedy`` is our extension member
(RFC 9457, section 3.2). https://www.rfc-editor.org/rfc/rfc9457
"""

from uuid import uuid4

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.refusals import KINDS, MEDIA_TYPE, Kind, Refused, storage_refused
from hub.store.session import StoreUnavailable
from hub.web.schemas_of_history import ProblemKind

MOST_PATH = 300  #: characters of a path that are repeated to whoever asked for it
BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}

log = structlog.get_logger()


def answer(refused: Refused, *, instance: str) -> Response:
    """Write a refusal as a problem document; ``instance`` names this one occurrence."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **refused.headers}
    body = refused.document(instance=instance)
    return Response(body, refused.kind.status, headers, MEDIA_TYPE)


def answer_refused(request: Request, refused: Refused) -> Response:
    """Answer a request that is refused; the occurrence is named by its path."""
    return answer(refused, instance=_path(request))


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem document, and every kind of problem readable."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _mistake)
    app.include_router(_router())


def declared(*slugs: str) -> dict[int | str, dict[str, object]]:
    """Return the ``responses=`` entry of a route that may refuse in these ways."""
    by_status: dict[int | str, list[Kind]] = {}
    for slug in slugs:
        by_status.setdefault(KINDS[slug].status, []).append(KINDS[slug])
    return {
        status: {
            "description": "; ".join(kind.title for kind in kinds),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, kinds in by_status.items()
    }


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answer_refused(request, error)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.error("web.storage_unavailable", path=_path(request), error=str(error.__cause__ or error))
    return answer(storage_refused("The question was not answered."), instance=_path(request))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return answer(Refused("bad-parameter", f"{where}: {first['msg']}"), instance=_path(request))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    slug = BY_STATUS.get(
        error.status_code, "bad-request" if error.status_code < 500 else "internal-error"
    )
    detail = f"{request.method} {_path(request)}: {error.detail}"
    return answer(Refused(slug, detail, headers=error.headers), instance=_path(request))


async def _mistake(request: Request, error: Exception) -> Response:
    occurrence = f"urn:uuid:{uuid4()}"
    log.error(
        "web.mistake", instance=occurrence, path=_path(request), error=repr(error), exc_info=error
    )
    return answer(Refused("internal-error", "The cause is in the log."), instance=occurrence)


def _path(request: Request) -> str:
    """Return the path as it came, percent-encoded; never the query, which may name a person."""
    raw: bytes = request.scope.get("raw_path") or b""
    return raw[:MOST_PATH].split(b"?")[0].decode("ascii", "replace")


def _router() -> APIRouter:
    router = APIRouter(tags=["problems"])

    @router.get("/problems", summary="Every kind of problem")
    async def every_kind() -> list[ProblemKind]:
        """List every way this hub says no."""
        return [_explained(slug) for slug in KINDS]

    @router.get(
        "/problems/{slug}",
        summary="What a problem's type means",
        responses=declared("not-found", "bad-parameter"),
    )
    async def one_kind(slug: str) -> ProblemKind:
        """Explain the ``type`` of a problem document."""
        if slug not in KINDS:
            raise Refused("not-found", "There is no problem of this name; /problems lists all.")
        return _explained(slug)

    return router


def _explained(slug: str) -> ProblemKind:
    kind = KINDS[slug]
    return ProblemKind(
        type=f"/problems/{slug}", title=kind.title, status=kind.status, remedy=kind.remedy
    )
