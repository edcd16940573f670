"""Scripts of a wiki that begin at once: each is a process forked from one in which Django is set up already.

Setting Django up takes a processor two seconds, and the tests of one run start some eighty scripts.
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
"""Bytes of one message: a script with what it is told."""


class Script:
    """A script that runs: its lines can be read as they come, and it can be killed."""

    def __init__(self, ground: ForkServer, pid: int, stdout: IO[str], stderr: IO[str]) -> None:
        self.ground, self.pid, self.stdout, self.stderr = ground, pid, stdout, stderr
        self.returncode: int | None = None

    def kill(self) -> None:
        """End it as `kill -9` does, unless it was waited for."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it prints until its end, and its complaints; it is killed after `timeout` seconds."""
        timer = threading.Timer(timeout, self.kill)
        timer.start()
        with self.stdout, self.stderr:
            out = self.stdout.read()
            self.returncode = self.ground.ask({"wait": self.pid})
            timer.cancel()
            self.stderr.seek(0)
            return out, self.stderr.read()


class ForkServer:
    """A process with Django set up, of which scripts are copies."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.channel, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            command = [sys.executable, "-W", "ignore", "-m", "tests.fork_server", str(there.fileno())]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()]
            )

    def start(self, code: str, arguments: Sequence[str]) -> Script:
        """Run `code` in a process of its own, with `arguments` as its `sys.argv[1:]`."""
        read, write = os.pipe()
        stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  the script's, closed with it
        pid = self.ask({"code": code, "arguments": list(arguments)}, [write, stderr.fileno()])
        os.close(write)
        return Script(self, pid, os.fdopen(read), stderr)

    def ask(self, request: Mapping[str, object], files: Sequence[int] = ()) -> int:
        """What the process answers: the number of a new process, or how one ended."""
        socket.send_fds(self.channel, [json.dumps(request).encode()], files)
        return int(self.channel.recv(SIZE))

    def close(self) -> None:
        """End it; scripts that still run are not touched."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


def serve(channel: socket.socket) -> None:
    """Fork scripts and wait for them as asked, until the asker is gone."""
    import django

    django.setup()
    while True:
        asked, files, _, _ = socket.recv_fds(channel, SIZE, 2)
        if not asked:
            return
        request = json.loads(asked)
        if "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                channel.close()
                os._exit(run(request["code"], request["arguments"], files))
        for file in files:
            os.close(file)
        channel.send(str(answer).encode())


def run(code: str, arguments: Sequence[str], files: Sequence[int]) -> int:
    """Run `code` with its output and complaints in `files`; its exit code."""
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
