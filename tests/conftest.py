"""What every test may ask for."""

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

# A run makes a hundred thousand files and flushes each to the disk, as promised: in memory that takes a moment.
# Small containers give little memory to files; there, and where TMPDIR says otherwise, the disk has to do.
IN_MEMORY = Path("/dev/shm")
LEAST_MEMORY = 2 << 30
if (
    "TMPDIR" not in os.environ
    and IN_MEMORY.is_dir()
    and shutil.disk_usage(IN_MEMORY).free > LEAST_MEMORY
    and not os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
):
    os.environ["TMPDIR"] = str(IN_MEMORY)
    tempfile.tempdir = None  # it is looked for again

# No deadline: the same example takes ten times as long on a busy machine. The plain run takes other examples each time,
# so it needs few of them. "thorough" is for a night of one's own. Tests that take more or fewer examples say how many
# times as many.
settings.register_profile("default", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("default"), max_examples=20, print_blob=True, derandomize=True
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end, and look less often: a twelfth of a run's CPU."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()  # tests/start.py put it off


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test as pytest does. One of several processes tells the first of the test itself and of what went wrong.

    That each setup and teardown went well would be two thirds of what processes tell each other, and 0.7 ms a test.
    Options that time every phase get all of it.
    """
    if not hasattr(item.config, "workerinput") or item.config.option.durations or item.config.option.xmlpath:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(scope="session")
def real_listing() -> Path:
    """The listing as its organisation publishes it, kept beside the repository because its texts are not ours."""
    if not REAL_LISTING.is_file():
        reason = f"the real listing is not at {REAL_LISTING}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return REAL_LISTING
