"""`GET /openapi.json`: the contract. `GET /docs`: the same as a page that needs no script."""

import json

from flask import Blueprint, Response, jsonify, render_template_string

from api.config import Config
from api.wire.openapi.document import build_openapi

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{{ spec.info.title }}</title>
<style>
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 3rem auto; padding: 0 1rem }
  h2 { margin-top: 2.5rem } code, pre { font: 0.88em/1.5 ui-monospace, monospace }
  pre { padding: 1rem; overflow-x: auto; border: 1px solid #8885; border-radius: 0.6rem }
  .method { text-transform: uppercase; font-weight: 600; color: #0a7f6f } details { margin: 0.4rem 0 }
</style>
<h1>{{ spec.info.title }}</h1>
<p>{{ spec.info.description }} The document itself: <a href="openapi.json">openapi.json</a>.</p>
<pre>curl -N localhost:{{ port }}/stream -H 'content-type: application/json' \\
  -d '{"thread_id":"t","messages":[{"role":"user","content":"hi"}]}'</pre>
{% for path, methods in spec.paths.items() %}{% for method, operation in methods.items() if operation.summary %}
<h2><span class="method">{{ method }}</span> <code>{{ path }}</code></h2>
<p>{{ operation.summary }}</p>
{% if operation.requestBody %}
{% set name = operation.requestBody.content["application/json"].schema["$ref"].split("/")[-1] %}
<p>Body: <a href="#{{ name }}">{{ name }}</a></p>{% endif %}
<ul>{% for status, response in operation.responses.items() %}
  <li><code>{{ status }}</code> {{ response.description }}
    {% for kind in response.content %}<code>{{ kind }}</code> {% endfor %}</li>{% endfor %}</ul>
{% endfor %}{% endfor %}
<h2>Shapes</h2>
{% for name, schema in schemas %}
<details id="{{ name }}"{% if name == "StreamRequest" %} open{% endif %}><summary><code>{{ name }}</code>
{{ schema.description }}</summary><pre>{{ schema.json }}</pre></details>
{% endfor %}
</html>"""


def create_blueprint(config: Config) -> Blueprint:
    """Build the two routes."""
    blueprint = Blueprint("documentation", __name__)
    spec = build_openapi(config)
    schemas = [
        (name, {"description": schema.get("description", ""), "json": json.dumps(schema, indent=2)})
        for name, schema in spec["components"]["schemas"].items()
    ]

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(spec)

    @blueprint.get("/docs")
    def docs() -> str:
        return render_template_string(PAGE, spec=spec, schemas=schemas, port=config.port)

    return blueprint
