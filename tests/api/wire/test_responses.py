"""What the store keeps, as clients get it."""

from dataclasses import replace

import orjson

from api.parts import TextPart, encode_parts
from api.store.records import StoredMessage, StoredRun, Thread
from api.wire.responses import message_fields, run_fields, thread_fields

THREAD = Thread("t", "local", "Wine", "m", "Be kind.", 1.0, 2.0)
RUN = StoredRun("r", "local", "t", "a", "m", "running", 3, "worker-1", 1.0)
ANSWER = StoredMessage("a", 2, "t", "q", "assistant", encode_parts([TextPart("Red.")]), "completed", "r", 1.5)


def test_nothing_says_whose_it_is_or_which_worker_makes_it() -> None:
    shown = str([thread_fields(THREAD), run_fields(RUN), message_fields(ANSWER, {"r": RUN})])
    assert "local" not in shown
    assert "worker-1" not in shown


def test_a_run_that_goes_on_has_no_end_yet() -> None:
    fields = run_fields(RUN)
    assert (fields["status"], fields["seq"]) == ("running", 3)
    assert [fields[name] for name in ("finish_reason", "error", "usage", "ended_at")] == [None] * 4


def test_a_run_tells_why_it_failed() -> None:
    failed = run_fields(replace(RUN, status="failed", error_code="busy", error_message="Later.", ended_at=2.0))
    assert (failed["error"]["code"], failed["error"]["message"], failed["ended_at"]) == ("busy", "Later.", 2.0)


def test_a_run_tells_what_it_used_also_where_that_is_nothing() -> None:
    used = run_fields(replace(RUN, input_tokens=0, output_tokens=0, usage_is_estimated=True))
    assert used["usage"] == {"input_tokens": 0, "output_tokens": 0, "estimated": True}


def test_a_message_carries_its_parts_and_its_run() -> None:
    fields = message_fields(ANSWER, {"r": RUN})
    assert orjson.loads(orjson.dumps(fields))["parts"] == [{"text": "Red.", "type": "text"}]
    assert fields["run"] == run_fields(RUN)


def test_a_message_without_a_run_that_is_known_has_none() -> None:
    assert message_fields(ANSWER, {})["run"] is None
    assert message_fields(replace(ANSWER, run_id=None), {"r": RUN})["run"] is None
