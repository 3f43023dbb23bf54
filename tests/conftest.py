"""Fixtures and settings for all tests."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

SHARED = ("tests.browser", "tests.databases", "tests.examples", "tests.servers")
"""Modules with fixtures and settings of all tests."""
pytest.register_assert_rewrite(*SHARED)  # the conftest.py of a folder may import one before `pytest_configure` does

ROOT = Path(__file__).resolve().parent.parent
REAL_LISTING = ROOT.parent / "shared" / "data" / "emn-news.txt"

# A run makes a hundred thousand files and flushes each; in memory that takes a moment. Small containers have little
# memory for files; there, and where TMPDIR is set, the disk is used.
IN_MEMORY = Path("/dev/shm")
LEAST_MEMORY = 2 << 30
if (
    "TMPDIR" not in os.environ
    and IN_MEMORY.is_dir()
    and shutil.disk_usage(IN_MEMORY).free > LEAST_MEMORY
    and not os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
):
    os.environ["TMPDIR"] = str(IN_MEMORY)
    tempfile.tempdir = None  # so that tempfile looks for it again


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Import what tests share, unless this process only distributes tests to others. They wait for it, and importing
    takes half a second.
    """
    option = config.option
    if option.dist == "no" or not option.tx or option.collectonly or config.getoption("--hypothesis-profile"):
        for name in SHARED:
            config.pluginmanager.import_plugin(name)


def pytest_collection_finish() -> None:
    """Exclude objects that stay until the end from garbage collection, and collect less often. This saves a twelfth of
    a run's CPU time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()  # tests/start.py disabled it


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test as pytest does. A worker process reports to the main process only the test itself and errors.

    Reports of successful setups and teardowns would be two thirds of what processes exchange, and 0.7 ms per test. With
    options that time or show every phase, pytest runs the test, and all reports are sent.
    """
    options = item.config.option
    if not hasattr(item.config, "workerinput") or options.durations or options.xmlpath or options.setuponly:
        return None
    for report in _reports(item, nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    if isinstance(item, pytest.Function):
        item.funcargs.clear()  # otherwise what the test used stays until the end of the run
    return True


def _reports(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[pytest.TestReport]:
    """Set up, run and tear down a test; yield the report of each phase."""
    hooks = item.ihook
    setup = _report(item, "setup", lambda: hooks.pytest_runtest_setup(item=item))
    yield setup
    if setup.passed:
        yield _report(item, "call", lambda: hooks.pytest_runtest_call(item=item))
    yield _report(item, "teardown", lambda: hooks.pytest_runtest_teardown(item=item, nextitem=nextitem))


def _report(
    item: pytest.Item, when: Literal["setup", "call", "teardown"], do: Callable[[], object]
) -> pytest.TestReport:
    call = pytest.CallInfo.from_call(do, when, reraise=(pytest.exit.Exception, KeyboardInterrupt))
    report: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
    return report


@pytest.fixture(scope="session")
def real_listing() -> Path:
    """The real listing of an organisation. It is kept beside the repository, because its texts are not ours."""
    if not REAL_LISTING.is_file():
        reason = f"the real listing is not at {REAL_LISTING}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return REAL_LISTING
