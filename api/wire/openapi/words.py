"""The small words of an OpenAPI document: operations, responses, schemas."""

from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}


def operation(summary: str, responses: Schema) -> Schema:
    """Describe one method of a path."""
    return {"summary": summary, "responses": responses}


def response(description: str, content_type: str, schema: Schema) -> Schema:
    """Describe a response with a body."""
    return {"description": description, "content": {content_type: {"schema": schema}}}


def json_response(description: str, schema: Schema) -> Schema:
    """Describe a JSON response."""
    return response(description, "application/json", schema)


def errors(*statuses: int) -> Schema:
    """Describe the statuses that a request can fail with."""
    return {str(status): json_response("The request failed.", ref("Error")) for status in statuses}


def stream_response(description: str) -> Schema:
    """Describe the three shapes of a run."""
    return {
        "description": description,
        "headers": {"X-Run-Id": {"schema": STRING}},
        "content": {
            "text/plain": {"schema": STRING},
            "text/event-stream": {"schema": ref("Event")},
            "application/x-ndjson": {"schema": ref("Event")},
        },
    }


def body(schema: Schema) -> Schema:
    """Describe a JSON body that has to be there."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def parameter(name: str, place: str, schema: Schema, description: str) -> Schema:
    """Describe a parameter in the `path`, `query` or `header`."""
    is_required = place == "path"
    return {"name": name, "in": place, "required": is_required, "schema": schema, "description": description}


def listing(schema: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": schema}


def nullable(schema: Schema) -> Schema:
    """Describe what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def object_of(properties: Schema, required: tuple[str, ...] | None = None) -> Schema:
    """Describe an object; without `required` it has all its properties."""
    return {"type": "object", "properties": properties, "required": list(properties if required is None else required)}


def closed(schema: Schema) -> Schema:
    """Describe an object that may have no other properties."""
    return {**schema, "additionalProperties": False}


def text(max_chars: int, min_chars: int = 0) -> Schema:
    """Describe a text of bounded length."""
    return {"type": "string", "maxLength": max_chars, **({"minLength": min_chars} if min_chars else {})}


def choice(*values: str | None) -> Schema:
    """Describe one of these values."""
    return {"enum": list(values)}


def ref(name: str) -> Schema:
    """Name a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}
