"""The OpenAPI document: valid, complete, and the same on every run."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from callcenter.api.app import OPS, openapi_document
from callcenter.api.ops import EVENT_STREAM
from callcenter.api.problems import Problem
from tests.support.api import running_api

DOCUMENT = openapi_document()
OPERATIONS = [(path, method, op) for path, item in DOCUMENT["paths"].items() for method, op in item.items()]


def test_the_document_is_valid() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    errors = list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors())
    assert errors == []


def test_every_operation_is_in_it_once() -> None:
    assert {(op.path, op.method.lower()) for op in OPS} == {(path, method) for path, method, _ in OPERATIONS}
    ids = [op["operationId"] for _, _, op in OPERATIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("path", "method", "op"), OPERATIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_operation_says_what_it_needs_and_gives(path: str, method: str, op: dict[str, Any]) -> None:
    assert op["summary"]
    assert op["tags"]
    assert op["x-permission"]
    assert op["responses"]["default"]["content"].keys() == {"application/problem+json"}
    named = {parameter["name"] for parameter in op.get("parameters", ()) if parameter["in"] == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", path))
    assert not op.get("security"), "nothing is promised that is not enforced"


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    referred = set(re.findall(r"#/components/schemas/([\w.\-]+)", str(DOCUMENT)))
    streamed = {model.__name__ for op in OPS if op.media == EVENT_STREAM for model in op.also}
    assert referred <= set(DOCUMENT["components"]["schemas"])
    assert set(DOCUMENT["components"]["schemas"]) - referred <= streamed


def test_texts_from_outside_are_bounded() -> None:
    for path, _, op in OPERATIONS:
        for parameter in op.get("parameters", ()):
            schema = parameter["schema"]
            if parameter["in"] != "header" and schema.get("type") == "string" and "format" not in schema:
                assert schema.keys() & {"maxLength", "enum", "const"}, (path, parameter["name"])


def test_examples_are_what_they_are_examples_of() -> None:
    examples = [(op.returns, op.example) for op in OPS if op.example is not None]
    assert examples
    for model, example in examples:
        assert model is not None
        model.model_validate_json(json.dumps(example))


def test_two_runs_give_the_same_document() -> None:
    assert openapi_document() == DOCUMENT
    assert "Problem" in DOCUMENT["components"]["schemas"]
    assert set(Problem.model_fields) == set(DOCUMENT["components"]["schemas"]["Problem"]["properties"])


async def test_it_is_served() -> None:
    async with running_api() as api:
        assert await api.get("/api/v1/openapi.json") == (200, DOCUMENT)
