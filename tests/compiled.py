"""Keeps every module compiled for the next run, whatever the environment says: else it is a tenth of a run's CPU.

A pytest plugin that is loaded before all others, because pytest compiles those as well as the tests.
"""

import sys

sys.dont_write_bytecode = False
