"""Fixtures and settings for all tests."""

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.browser", "tests.databases", "tests.servers"]

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

# No deadline: an example takes ten times as long on a busy machine. The plain run uses other examples each time, so it
# needs few of them. "thorough" is for a run overnight. Tests that need more or fewer examples multiply this number.
settings.register_profile("default", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("default"), max_examples=20, print_blob=True, derandomize=True
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


def pytest_collection_finish() -> None:
    """Exclude objects that stay until the end from garbage collection, and collect less often. This saves a twelfth of
    a run's CPU time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()  # tests/start.py disabled it


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test as pytest does, but let a worker process report only the test itself and errors to the main process.

    Reports of successful setups and teardowns would be two thirds of what the processes exchange, and 0.7 ms per test.
    With options that time every phase, all reports are sent.
    """
    if not hasattr(item.config, "workerinput") or item.config.option.durations or item.config.option.xmlpath:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(scope="session")
def real_listing() -> Path:
    """The real listing of an organisation. It is kept beside the repository, because its texts are not ours."""
    if not REAL_LISTING.is_file():
        reason = f"the real listing is not at {REAL_LISTING}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return REAL_LISTING
