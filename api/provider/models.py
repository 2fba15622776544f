"""The models of every provider, by name."""

from collections.abc import Mapping

from api.config import Config
from api.provider.chat_model import ChatModel
from api.provider.gateway import Gateway, Route


class Models:
    """What runs and the gateway ask; the providers' connections and what is known of them are shared by both."""

    def __init__(self, config: Config) -> None:
        self._by_name: dict[str, ChatModel] = {}
        instead: dict[str, tuple[str, ...]] = {}
        for provider in config.providers:
            chat_model = ChatModel(
                base_url=provider.base_url,
                api_key=provider.api_key,
                max_connections=config.max_streams,
                context_tokens=config.context_tokens,
            )
            self._by_name |= dict.fromkeys(provider.models, chat_model)
            instead |= provider.fallbacks
        self.default = self._by_name[config.models[0]]
        self.gateway = Gateway(self._routes(instead), config.max_answer_chars)

    def find(self, name: str) -> ChatModel:
        """Return the provider of a model; a thread may still name one that is not configured any more."""
        return self._by_name.get(name, self.default)

    def _routes(self, instead: Mapping[str, tuple[str, ...]]) -> Mapping[str, list[Route]]:
        return {
            name: [Route(self._by_name[model].upstream, model) for model in (name, *instead.get(name, ()))]
            for name in self._by_name
        }
