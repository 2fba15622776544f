import errno
import http.client
import ssl

import pytest
from urllib3 import exceptions as urllib3_errors

from api.errors import ProviderError
from api.provider.chunked_body import MalformedResponseError
from api.provider.foreign_errors import TRANSLATIONS, translated
from api.provider.http1 import EncodedBodyError, UnsendableRequestError


def subclasses(root: type[Exception]) -> set[type[Exception]]:
    return {root}.union(*(subclasses(child) for child in root.__subclasses__()))


FOREIGN = (
    subclasses(urllib3_errors.HTTPError)
    | subclasses(http.client.HTTPException)
    | {OSError, TimeoutError, ssl.SSLError, EncodedBodyError, MalformedResponseError, UnsendableRequestError}
)


@pytest.mark.parametrize("foreign", sorted(FOREIGN, key=lambda error: error.__name__))
def test_every_foreign_exception_becomes_a_sentence_of_the_tree(foreign: type[Exception]) -> None:
    error = translated(foreign.__new__(foreign))
    assert isinstance(error, ProviderError)
    assert str(error).endswith(".")


def test_every_row_of_the_table_is_reached() -> None:
    for number, (foreign, _) in enumerate(TRANSLATIONS):
        assert not any(issubclass(foreign, earlier) for earlier, _ in TRANSLATIONS[:number])


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_files_that_have_run_out_are_no_wrong_address(number: int) -> None:
    error = urllib3_errors.NewConnectionError.__new__(urllib3_errors.NewConnectionError)
    error.__cause__ = OSError(number, "Too many open files")
    for foreign in (error, error.__cause__):
        sentence = str(translated(foreign))
        assert "ulimit -n" in sentence
        assert "OPENAI_BASE_URL" not in sentence
