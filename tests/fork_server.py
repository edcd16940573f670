"""Scripts of a wiki that start fast: each is a process forked from one in which Django is already set up.

Setting up Django takes two seconds of CPU time, and the tests of one run start some eighty scripts.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import IO

from tests.databases import ROOT

SIZE = 100_000
"""Most bytes of a message: a script with its arguments."""


class Script:
    """A running script: its output can be read line by line, and it can be killed."""

    def __init__(self, server: ForkServer, pid: int, stdout: IO[str], stderr: IO[str]) -> None:
        self.server, self.pid, self.stdout, self.stderr = server, pid, stdout, stderr
        self.returncode: int | None = None

    def kill(self) -> None:
        """Kill the process as `kill -9` does, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for the end, and return standard output and standard error; kill the process after `timeout` seconds."""
        timer = threading.Timer(timeout, self.kill)
        timer.start()
        with self.stdout, self.stderr:
            out = self.stdout.read()
            self.returncode = self.server.request({"wait": self.pid})
            timer.cancel()
            self.stderr.seek(0)
            return out, self.stderr.read()


class ForkServer:
    """A process with Django set up, from which scripts are forked."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.channel, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with remote:
            command = [sys.executable, "-W", "ignore", "-m", "tests.fork_server", str(remote.fileno())]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, pass_fds=[remote.fileno()]
            )

    def start(self, code: str, arguments: Sequence[str]) -> Script:
        """Run `code` in a new process, with `arguments` as its `sys.argv[1:]`."""
        read, write = os.pipe()
        stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the script
        pid = self.request({"code": code, "arguments": list(arguments)}, [write, stderr.fileno()])
        os.close(write)
        return Script(self, pid, os.fdopen(read), stderr)

    def request(self, request: Mapping[str, object], files: Sequence[int] = ()) -> int:
        """Send a request and return the result: the pid of a new process, or the exit code of one."""
        socket.send_fds(self.channel, [json.dumps(request).encode()], files)
        return int(self.channel.recv(SIZE))

    def close(self) -> None:
        """End the process; running scripts go on."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


def serve(channel: socket.socket) -> None:
    """Fork scripts and wait for them on request, until the channel is closed."""
    import django

    django.setup()
    while True:
        message, files, _, _ = socket.recv_fds(channel, SIZE, 2)
        if not message:
            return
        request = json.loads(message)
        if "wait" in request:
            result = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            result = os.fork()
            if not result:
                channel.close()
                os._exit(run(request["code"], request["arguments"], files))
        for file in files:
            os.close(file)
        channel.send(str(result).encode())


def run(code: str, arguments: Sequence[str], files: Sequence[int]) -> int:
    """Run `code` with standard output and standard error in `files`; return its exit code."""
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["-c", *arguments]
    try:
        exec(compile(code, "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
