"""The fixtures of the tests of the provider's side."""

from tests.support.chat_model_calls import chat_model, provider

__all__ = ["chat_model", "provider"]
