"""A pytest plugin that is loaded before all others, to make the start of a run quicker.

Compiled modules, including the tests' and pytest's own, are kept for the next run, whatever the environment says;
otherwise compiling takes a tenth of a run's CPU time. The garbage collector is disabled, because it would examine every
module and every test, which takes a seventh of the CPU time of a start. `tests/conftest.py` enables it.
"""

import gc
import sys

sys.dont_write_bytecode = False
gc.disable()
