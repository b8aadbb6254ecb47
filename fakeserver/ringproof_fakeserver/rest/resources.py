"""Resources of the Fabric API: rooms, scripts, webhooks, and all of them together."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringproof_fakeserver.protocol import swml
from ringproof_fakeserver.protocol.directory import Address, Subscriber
from ringproof_fakeserver.protocol.errors import Problem, refusal, unprocessable
from ringproof_fakeserver.protocol.moments import iso_time
from ringproof_fakeserver.protocol.parameters import problems
from ringproof_fakeserver.protocol.resource_kinds import KINDS, ResourceKind
from ringproof_fakeserver.protocol.resources import Resource
from ringproof_fakeserver.rest import subscribers
from ringproof_fakeserver.rest.bodies import read_object
from ringproof_fakeserver.rest.context import RestContext
from ringproof_fakeserver.rest.paging import paged

SINGULAR = {path.removesuffix("s"): path for path in KINDS}
"""Some paths of the API description name the kind in the singular."""


async def find(context: RestContext, request: Request) -> Response:
    """List the resources of a kind."""
    context.require_project(request)
    found = list(context.exchange.directory.resources.all(_kind(request)))
    return JSONResponse(paged(request, found, partial(_as_json, context)))


async def create(context: RestContext, request: Request) -> Response:
    """Make a resource and give it an address."""
    context.require_project(request)
    kind = _kind(request)
    body = await read_object(request)
    _check(kind, body, new=True)
    ids, directory = (context.ids(), context.ids()), context.exchange.directory
    resource = directory.resources.create(kind, body, ids, context.now_ms())
    directory.publish(resource)
    return JSONResponse(_as_json(context, resource), 201)


async def show(context: RestContext, request: Request) -> Response:
    """Show a resource of a kind."""
    context.require_project(request)
    return JSONResponse(_as_json(context, _found(context, request, _kind(request))))


async def update(context: RestContext, request: Request) -> Response:
    """Change what is given of a resource."""
    context.require_project(request)
    kind = _kind(request)
    resource = _found(context, request, kind)
    body = await read_object(request)
    _check(kind, body, new=False)
    changed = context.exchange.directory.resources.update(resource, body, context.now_ms())
    return JSONResponse(_as_json(context, changed))


async def delete(context: RestContext, request: Request) -> Response:
    """Delete a resource of a kind, and its addresses."""
    context.require_project(request)
    _delete(context, _found(context, request, _kind(request)))
    return Response(status_code=204)


async def addresses(context: RestContext, request: Request) -> Response:
    """List the addresses of a resource of a kind."""
    context.require_project(request)
    resource = _found(context, request, _kind(request))
    found = context.exchange.directory.addresses_of(resource.id)
    return JSONResponse(paged(request, found, Address.as_json))


async def find_all(context: RestContext, request: Request) -> Response:
    """List subscribers and all other resources."""
    context.require_project(request)
    directory = context.exchange.directory
    found: list[Resource | Subscriber] = [*directory.subscribers(), *directory.resources.all()]
    return JSONResponse(paged(request, found, partial(_any_as_json, context)))


async def show_any(context: RestContext, request: Request) -> Response:
    """Show a resource of any kind."""
    context.require_project(request)
    return JSONResponse(_any_as_json(context, _any(context, request)))


async def delete_any(context: RestContext, request: Request) -> Response:
    """Delete a resource of any kind."""
    context.require_project(request)
    resource = _any(context, request)
    if isinstance(resource, Subscriber):
        subscribers.remove(context, resource)
    else:
        _delete(context, resource)
    return Response(status_code=204)


async def addresses_of_any(context: RestContext, request: Request) -> Response:
    """List the addresses of a resource of any kind."""
    context.require_project(request)
    found = context.exchange.directory.addresses_of(_any(context, request).id)
    return JSONResponse(paged(request, found, Address.as_json))


def _kind(request: Request) -> ResourceKind:
    path = request.path_params["kind"]
    kind = KINDS.get(SINGULAR.get(path, path))
    if kind is None:
        raise refusal(404)
    return kind


def _found(context: RestContext, request: Request, kind: ResourceKind) -> Resource:
    resource = context.exchange.directory.resources.get(request.path_params["resource_id"], kind)
    if resource is None:
        raise refusal(404)
    return resource


def _any(context: RestContext, request: Request) -> Resource | Subscriber:
    resource_id = str(request.path_params["resource_id"])
    directory = context.exchange.directory
    resource = directory.resources.get(resource_id) or directory.by_resource(resource_id)
    if resource is None:
        raise refusal(404)
    return resource


def _check(kind: ResourceKind, body: dict[str, Any], *, new: bool) -> None:
    """Refuse wrong fields; ``new`` asks for the required ones too."""
    wrong = [
        problem
        for problem in problems(kind.fields, body)
        if new or problem.code != "missing_required_parameter"
    ]
    contents = body.get("contents")
    if kind.key == "swml_script" and isinstance(contents, str) and contents:
        try:
            swml.parse(contents)
        except swml.ScriptError as error:
            wrong.append(Problem("invalid_parameter", str(error), "contents"))
    if wrong:
        raise unprocessable(*wrong)


def _delete(context: RestContext, resource: Resource) -> None:
    directory = context.exchange.directory
    for address in directory.addresses_of(resource.id):
        directory.forget(address)
    directory.resources.delete(resource)


def _any_as_json(context: RestContext, resource: Resource | Subscriber) -> dict[str, Any]:
    if isinstance(resource, Subscriber):
        return subscribers.as_json(context, resource)
    return _as_json(context, resource)


def _as_json(context: RestContext, resource: Resource) -> dict[str, Any]:
    return {
        "id": resource.id,
        "project_id": context.settings.project_id,
        "display_name": resource.name,
        "type": resource.kind.type,
        "created_at": iso_time(resource.created_ms),
        "updated_at": iso_time(resource.updated_ms),
        resource.kind.key: {"id": resource.inner_id, **resource.attributes},
    }
