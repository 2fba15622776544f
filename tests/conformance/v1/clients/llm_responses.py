"""`llm` with `responses: true` beside Decant in its `extra-openai-models.yaml`, streaming."""

from tests.conformance.v1.clients.llm_tool import begin

if __name__ == "__main__":
    begin(responses=True)
