"""One wrong thing by name: `python wrong.py NAME`. A call of `work` does it, a call of anything else is answered.

What is wrong before the first call is done then. The names and what becomes of each stand in `tests/faults`.
"""

from __future__ import annotations

import sys

import wrong_ends
import wrong_lines
import wrong_offers
import wrong_talk
from _talk import serve

FAULTS = {**wrong_lines.FAULTS, **wrong_talk.FAULTS, **wrong_offers.FAULTS, **wrong_ends.FAULTS}

if __name__ == "__main__":
    fault = FAULTS[sys.argv[1]]
    if fault.main is not None:
        fault.main()
    else:
        serve(fault.call, tools=("work", "after"))
