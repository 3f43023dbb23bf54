"""What holds while pytest starts, a pytest plugin that is loaded before all others.

Every module is kept compiled for the next run, whatever the environment says, pytest's own and the tests too: else
compiling is a tenth of a run's CPU. And nothing is garbage yet, so the collector does not look for it: it would go over
every module and every test, for a seventh of the CPU of a start. `tests/conftest.py` lets it begin.
"""

import gc
import sys

sys.dont_write_bytecode = False
gc.disable()
