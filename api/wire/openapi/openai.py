"""The routes of OpenAI's protocol in the OpenAPI document, as far as Decant answers for them.

What a provider adds is passed on, so these objects are open.
"""

from api.wire.openai.responses_input import ROLES
from api.wire.openapi.words import (
    STRING,
    Schema,
    body,
    choice,
    json_response,
    listing,
    nullable,
    object_of,
    operation,
    parameter,
    ref,
)

_INTEGER: Schema = {"type": "integer"}
_STATUSES = (400, 404, 408, 413, 415, 429, 500, 502, 503, 504)


def openai_paths() -> Schema:
    """Describe the routes."""
    answer = json_response("By `stream` of the body: chunks as they come, or the whole.", ref("ChatCompletion"))
    # The last of a stream is `[DONE]`, which is none.
    answer["content"]["text/event-stream"] = {"schema": {}}
    answer["headers"] = {
        "X-Run-Id": {"schema": STRING},
        "X-Left-Out": {"schema": STRING, "description": "Options which the provider does not take."},
    }
    told = {**answer, "content": {**answer["content"], "application/json": {"schema": ref("OpenAIResponse")}}}
    model = [parameter("name", "path", STRING, "A model's name, which may have slashes in it.")]
    return {
        "/v1/chat/completions": {
            "post": {
                **operation(
                    "A chat completion of OpenAI's protocol, passed on to the provider of the model.",
                    {"200": answer, **openai_errors(*_STATUSES)},
                ),
                "requestBody": body(ref("ChatCompletionRequest")),
            }
        },
        "/v1/responses": {
            "post": {
                **operation(
                    "A response of OpenAI's protocol, stateless: a chat completion, told in its events.",
                    {"200": told, **openai_errors(*_STATUSES)},
                ),
                "requestBody": body(ref("ResponseRequest")),
            }
        },
        "/v1/models": {
            "get": operation(
                "The models, for clients of OpenAI's protocol.",
                {"200": json_response("The models.", ref("OpenAIModels"))},
            )
        },
        "/v1/models/{name}": {
            "parameters": model,
            "get": operation(
                "One model.", {"200": json_response("The model.", ref("OpenAIModel")), **openai_errors(404)}
            ),
        },
    }


def openai_errors(*statuses: int) -> Schema:
    """Describe the statuses that a request of OpenAI's protocol can fail with."""
    return {str(status): json_response("The request failed.", ref("OpenAIError")) for status in statuses}


def openai_schemas(models: tuple[str, ...]) -> Schema:
    """Describe the objects."""
    error = object_of({"message": STRING, "type": STRING, "param": nullable(STRING), "code": STRING})
    message = {
        "type": "object",
        "properties": {"role": {"const": "assistant"}, "content": nullable(STRING), "refusal": nullable(STRING)},
        "required": ["role", "content", "refusal"],
        "additionalProperties": True,
    }
    return {
        "ChatCompletionRequest": {
            "type": "object",
            "description": "As OpenAI's API reference says; what is not named here goes to the provider as it is.",
            "properties": {
                "model": {"enum": list(models)},
                "messages": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                "stream": nullable({"type": "boolean"}),
                "stream_options": nullable({"type": "object"}),
            },
            "required": ["model", "messages"],
            "additionalProperties": True,
        },
        "ResponseRequest": {
            "type": "object",
            "description": "As OpenAI's API reference says; functions are the only tools.",
            "properties": {
                "model": {"enum": list(models)},
                "input": {"anyOf": [STRING, {"type": "array", "minItems": 1, "items": _input_item()}]},
                "instructions": nullable(STRING),
                "stream": nullable({"type": "boolean"}),
            },
            "required": ["model", "input"],
            "additionalProperties": True,
        },
        "OpenAIResponse": {
            "type": "object",
            "properties": {
                "id": STRING,
                "object": {"const": "response"},
                "created_at": _INTEGER,
                "status": {"enum": ["completed", "incomplete"]},
                "model": STRING,
                "output": listing({"type": "object"}),
                "usage": nullable({"type": "object"}),
            },
            "required": ["id", "object", "created_at", "status", "model", "output"],
            "additionalProperties": True,
        },
        "ChatCompletion": _completion("chat.completion", {"message": message, "logprobs": {}}),
        "ChatCompletionChunk": _completion("chat.completion.chunk", {"delta": {"type": "object"}}),
        "OpenAIModel": object_of({"id": STRING, "object": {"const": "model"}, "created": _INTEGER, "owned_by": STRING}),
        "OpenAIModels": object_of({"object": {"const": "list"}, "data": listing(ref("OpenAIModel"))}),
        "OpenAIError": object_of({"error": error, "request_id": STRING}),
    }


def _input_item() -> Schema:
    """Describe an item of a response's input."""
    text = object_of({"type": choice("input_text", "output_text"), "text": STRING})
    content = {"anyOf": [STRING, listing(text)]}
    call = {"type": choice("function_call"), "call_id": STRING, "name": STRING, "arguments": STRING}
    return {
        "anyOf": [
            object_of({"type": choice("message"), "role": choice(*ROLES), "content": content}, ("role", "content")),
            object_of(call),
            object_of({"type": choice("function_call_output"), "call_id": STRING, "output": STRING}),
            object_of({"type": choice("reasoning"), "content": listing(object_of({"text": STRING}, ()))}, ("type",)),
        ]
    }


def _completion(kind: str, of_choice: Schema) -> Schema:
    one = {
        "type": "object",
        "properties": {"index": _INTEGER, "finish_reason": nullable(STRING), **of_choice},
        "required": ["index", "finish_reason", *of_choice],
        "additionalProperties": True,
    }
    return {
        "type": "object",
        "properties": {
            "id": STRING,
            "object": {"const": kind},
            "created": _INTEGER,
            "model": STRING,
            "choices": listing(one),
            "usage": nullable({"type": "object"}),
        },
        "required": ["id", "object", "created", "model", "choices"],
        "additionalProperties": True,
    }
