"""Completes the OpenAPI document: the params of each job type, the server's URL.

Code generators name classes after components and titles. So components of job types are named by
slug, with a prefix of their own. Labels and titles, which may be any text, are in descriptions
only.
"""

import hashlib
import json
import re
from typing import Any

from django.urls import get_script_prefix

from jobs import parameters, registry
from jobs.registry import JobType

SCHEMAS = "#/components/schemas/"
# Two texts of another form could become the same class name: `a_1` and `a1`, `a__b` and `a_b`.
PLAIN_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing hook of drf-spectacular."""
    root = get_script_prefix()
    result["servers"] = [
        {"url": request.build_absolute_uri(root).removesuffix("/") if request else root}
    ]
    schemas = result["components"]["schemas"]
    schemas |= _submissions(schemas.pop("Submit"), request.user if request else None)
    schemas["Batch"]["properties"]["jobs"]["items"] = {"$ref": f"{SCHEMAS}Submit"}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    for path in result["paths"].values():
        _demand_body(path.get("post", {}))
    return result


def _demand_body(operation: dict[str, Any]) -> None:
    """Mark the body of a submission as required, although each of its fields is optional."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if media["schema"].get("$ref") in (f"{SCHEMAS}Submit", f"{SCHEMAS}Batch"):
            operation["requestBody"]["required"] = True


def component(job_type: JobType, kind: str) -> str:
    """The name of a component about a job type; it depends on the slug alone."""
    return f"Type_{identifier(job_type.slug)}_{kind}"


def identifier(text: str) -> str:
    """A name for `text` that generators can use, unique in each of their spellings."""
    if PLAIN_IDENTIFIER.fullmatch(text):
        return text
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    first = "" if plain[:1].isalpha() else "x_"
    return f"{first}{plain}_x{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _submissions(shape: dict[str, Any], user: Any) -> dict[str, Any]:
    """The components of the body of POST /jobs/: one by the name, and one by each type's slug."""
    found: dict[str, Any] = {}
    by_slug: dict[str, str] = {}
    for job_type in sorted(registry.all(), key=lambda one: one.slug):
        params, submit = component(job_type, "Params"), component(job_type, "Submit")
        found[params] = _params_schema(job_type, user)
        found[submit] = _of_type(shape, job_type, params)
        by_slug[job_type.slug] = SCHEMAS + submit
    found["SubmitByType"] = {
        "description": "A job of the type with this slug.",
        "oneOf": [{"$ref": one} for one in by_slug.values()],
        "discriminator": {"propertyName": "type", "mapping": by_slug},
    }
    found["SubmitByName"] = shape | {
        "description": "A job of the type with the name as its label, or of the default type.",
        "properties": {name: shape["properties"][name] for name in ("name", "params")},
        "required": ["name"],
    }
    by = [{"$ref": f"{SCHEMAS}{name}"} for name in ("SubmitByName", "SubmitByType")]
    found["Submit"] = {"description": shape["description"], "oneOf": by}
    return found


def _of_type(shape: dict[str, Any], job_type: JobType, params: str) -> dict[str, Any]:
    own = {"type": {"type": "string", "const": job_type.slug}, "params": {"$ref": SCHEMAS + params}}
    return shape | {
        "description": f"{job_type.label}: {job_type.description}",
        "properties": shape["properties"] | own,
        "required": ["type"],
    }


def _params_schema(job_type: JobType, user: Any) -> dict[str, Any]:
    """The schema of a type's params for the caller, titles and defaults in the descriptions."""
    schema = parameters.json_schema(job_type, user)
    del schema["$schema"]
    schema["properties"] = {name: _untitled(one) for name, one in schema["properties"].items()}
    return _untitled(schema | {"description": f"Params of {job_type.slug}."})


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    described = ("title", "description", "default")
    kept = {name: value for name, value in schema.items() if name not in described}
    parts = [schema.get("title", ""), schema.get("description", "")]
    if "default" in schema:
        # Not as `default`: generated clients would require it or send it, even after it changed.
        parts.append(f"Default: {json.dumps(schema['default'], ensure_ascii=False)}")
    description = ". ".join(one.rstrip(".") for one in parts if one)
    if "items" in kept:
        kept["items"] |= _choice_names(kept["items"])
    return kept | _choice_names(kept) | ({"description": f"{description}."} if description else {})


def _choice_names(schema: dict[str, Any]) -> dict[str, Any]:
    """Names for choices that generators could confuse (`a-b` and `a_b`) or not use (`1st`)."""
    values = [value for value in schema.get("enum", []) if value is not None]
    if all(PLAIN_IDENTIFIER.fullmatch(value) for value in values):
        return {}
    return {"x-enum-varnames": [identifier(value).upper() for value in values]}
