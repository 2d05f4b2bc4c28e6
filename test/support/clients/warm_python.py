"""Runs a Python command many times: its modules are loaded once, and each run is a fork.

Usage: warm_python.py COMMAND [MODULE...]. Reads a JSON object for each run from standard
input, with args, cwd and env, and writes one with code, stdout and stderr for each to
standard output.
"""
import atexit
import importlib
import json
import os
import runpy
import sys
import tempfile
import threading
import time
import traceback


def run(command, job, loaded):
    # in place: modules may have taken the list itself when they were loaded
    sys.argv[:] = [command, *job['args']]
    os.chdir(job['cwd'])
    os.environ.clear()
    os.environ.update({**job['env'], **loaded})
    time.tzset()
    tempfile.tempdir = None
    try:
        runpy.run_path(command, run_name='__main__')
        return 0
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1


def fork(command, job, loaded):
    outputs = [tempfile.TemporaryFile() for _ in range(2)]
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for fd, output in zip((1, 2), outputs):
            os.dup2(output.fileno(), fd)
        code = run(command, job, loaded)
        # Python does this at the end of a process, but os._exit skips it
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code & 255)
    _, status = os.waitpid(pid, 0)
    texts = []
    for output in outputs:
        output.seek(0)
        texts.append(output.read().decode('utf-8', 'replace'))
    code = os.waitstatus_to_exitcode(status)
    return {'code': code if code >= 0 else None, 'stdout': texts[0], 'stderr': texts[1]}


def main():
    command, *modules = sys.argv[1:]
    before = dict(os.environ)
    sys.path[0] = os.path.dirname(command)
    for module in modules:
        importlib.import_module(module)
    # variables that modules set when they were loaded, as awscli does with AWS_DATA_PATH
    loaded = {name: value for name, value in os.environ.items() if before.get(name) != value}
    for line in sys.stdin:
        print(json.dumps(fork(command, json.loads(line), loaded)), flush=True)


main()
