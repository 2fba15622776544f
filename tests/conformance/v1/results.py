"""What a suite found, beside the failures that are expected of it.

`expected/<suite>.json` names each expected failure and why it is one. One that is not there any more fails as well.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

EXPECTED = Path(__file__).parent / "expected"


def expected_failures(suite: str) -> dict[str, str]:
    """Return the names of the checks that are expected to fail, and why."""
    expected: dict[str, str] = json.loads((EXPECTED / f"{suite}.json").read_text(encoding="utf-8"))
    return expected


def compare(suite: str, failed: Mapping[str, str], passed: set[str], within: str = "") -> None:
    """Fail for failures that nobody expects, and for those expected that did not come; of names that begin so."""
    expected = {name: why for name, why in expected_failures(suite).items() if name.startswith(within)}
    assert passed or expected, f"{suite} has tried nothing"
    unexpected = {name: said for name, said in failed.items() if name not in expected}
    assert not unexpected, "\n\n".join(f"{name}\n{said}" for name, said in unexpected.items())
    stale = [name for name in expected if name not in failed]
    assert not stale, f"expected/{suite}.json names what does not fail: {stale}"


def read_junit(report: Path) -> tuple[dict[str, str], set[str], set[str]]:
    """Read pytest's report: what failed and what it said, what passed, what was skipped."""
    failed, passed, skipped = {}, set(), set()
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        fault = next((found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None)
        if fault is not None:
            failed[name] = (fault.text or fault.get("message") or "")[-4000:]
        elif case.find("skipped") is not None:
            skipped.add(name)
        else:
            passed.add(name)
    return failed, passed, skipped
