"""Finishes the OpenAPI document: requests are closed objects, and each job type's params have their own schema."""

from typing import Any

from jobs import parameters, registry

CLOSED = ("Submit", "Batch", "Cancel", "Rerun")


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The hook of drf-spectacular's that does it."""
    schemas = result["components"]["schemas"]
    for name in CLOSED:
        schemas[name]["additionalProperties"] = False
    params = {}
    for job_type in registry.all():
        name = f"Params_{job_type.slug}"
        schemas[name] = parameters.json_schema(job_type)
        params[job_type.slug] = {"$ref": f"#/components/schemas/{name}"}
    schemas["Submit"] = _submit(schemas["Submit"], params)
    schemas["Batch"]["properties"]["jobs"]["items"] = {"$ref": "#/components/schemas/Submit"}
    return result


def _submit(shape: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """One of: a type by its slug with its params, or a type chosen by the name."""
    by_type = [
        shape
        | {
            "title": slug,
            "properties": shape["properties"] | {"type": {"const": slug}, "params": schema},
            "required": ["type"],
        }
        for slug, schema in params.items()
    ]
    properties = {"name": shape["properties"]["name"], "params": {"anyOf": list(params.values())}}
    by_name = shape | {"title": "by name", "properties": properties, "required": ["name"]}
    return {"description": shape.get("description", ""), "oneOf": [by_name, *by_type]}
