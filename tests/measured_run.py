"""`python measured_run.py COMMAND...`: runs a command with this process's standard streams, and writes to the file that
the variable MEASURED names what it used: {"status": ..., "seconds": ..., "kib": ...}.

A process that has just been forked counts what its parent held; this small parent holds little, whatever pytest and its
plugins have imported.
"""

import json
import os
import subprocess
import sys

process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
with open(os.environ["MEASURED"], "w") as file:
    kib = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    json.dump({"status": process.returncode, "seconds": usage.ru_utime + usage.ru_stime, "kib": kib}, file)
