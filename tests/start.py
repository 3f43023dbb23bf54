"""A pytest plugin that is loaded before all others, to make the start of a run quicker.

Compiled modules are kept for the next run, whatever the environment says, pytest's own and the tests included:
otherwise compiling is a tenth of a run's CPU. And the garbage collector is disabled: it would examine every module and
every test, for a seventh of the CPU of a start. `tests/conftest.py` enables it.
"""

import gc
import sys

sys.dont_write_bytecode = False
gc.disable()
