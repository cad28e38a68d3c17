"""The OpenAPI 3.1.0 document, made from the table of operations: what is validated is what is documented."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from callcenter.api.ops import Op, header_names
from callcenter.api.problems import Problem

_REF = "#/components/schemas/{model}"
Schema = dict[str, Any]


def document(ops: Iterable[Op[Any]], *, version: str) -> Schema:
    """The whole document. Two runs over the same table give the same bytes."""
    ops = tuple(ops)
    schemas = _schemas(ops)
    paths: dict[str, Schema] = {}
    for op in ops:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op, schemas)
    for model in {op.query for op in ops}:
        schemas.pop(model.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Call centre",
            "version": version,
            "description": "What a call centre on Asterisk does now and did before. Times are ISO 8601 with offset, "
            "durations are seconds. Errors are problem+json (RFC 9457).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name} for name in dict.fromkeys(op.tag for op in ops)],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schemas(ops: Iterable[Op[Any]]) -> dict[str, Schema]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for op in ops:
        wanted[op.query, "validation"] = None
        if op.body is not None:
            wanted[op.body, "validation"] = None
        for model in (*((op.returns,) if op.returns else ()), *op.also, *op.otherwise.values()):
            wanted[model, "serialization"] = None
    _, found = models_json_schema(list(wanted), ref_template=_REF)
    return {name: _untitled(schema) for name, schema in sorted(found["$defs"].items())}


def _untitled(schema: Any) -> Any:
    """Without the titles that only repeat the names of fields."""
    if isinstance(schema, dict):
        titled = isinstance(schema.get("title"), str)
        return {key: _untitled(value) for key, value in schema.items() if not (titled and key == "title")}
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    return schema


def _operation(op: Op[Any], schemas: Mapping[str, Schema]) -> Schema:
    operation: Schema = {
        "operationId": op.name,
        "summary": op.summary,
        "tags": [op.tag],
        "x-permission": op.permission.value,
        "responses": {"200": _success(op), **_other_answers(op), "default": _problem()},
    }
    if op.description:
        operation["description"] = op.description
    if parameters := _parameters(op, schemas):
        operation["parameters"] = parameters
    if op.body is not None:
        content = {"application/json": {"schema": {"$ref": _REF.format(model=op.body.__name__)}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(op: Op[Any], schemas: Mapping[str, Schema]) -> list[Schema]:
    model = schemas[op.query.__name__]
    required = set(model.get("required", ()))
    headers = set(header_names(op.query))
    return [
        _parameter(name, dict(schema), _place(name, op, headers), name in required)
        for name, schema in model.get("properties", {}).items()
    ]


def _place(name: str, op: Op[Any], headers: set[str]) -> str:
    if name in op.path_parameters:
        return "path"
    return "header" if name in headers else "query"


def _parameter(name: str, schema: Schema, place: str, required: bool) -> Schema:
    schema.pop("in", None)
    parameter: Schema = {"name": name, "in": place, "required": required or place == "path"}
    if description := schema.pop("description", None):
        parameter["description"] = description
    return {**parameter, "schema": _never_null(schema)}


def _never_null(schema: Schema) -> Schema:
    """A parameter is left out, never null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default") or value is not None}
    if len(kinds) == 1:
        rest.pop("anyOf")
        return {**kinds[0], **rest}
    return rest


def _success(op: Op[Any]) -> Schema:
    schema: Schema = {"$ref": _REF.format(model=op.returns.__name__)} if op.returns else {"type": "string"}
    content: Schema = {"schema": schema}
    if op.example is not None:
        content["example"] = op.example
    return {"description": op.summary, "content": {op.media: content}}


def _other_answers(op: Op[Any]) -> dict[str, Schema]:
    return {
        str(status): {
            "description": model.__doc__ or "",
            "content": {op.media: {"schema": {"$ref": _REF.format(model=model.__name__)}}},
        }
        for status, model in op.otherwise.items()
    }


def _problem() -> Schema:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    return {
        "description": "Why the request was not met",
        "content": {"application/problem+json": {"schema": schema}},
    }
