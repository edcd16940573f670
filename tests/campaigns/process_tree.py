"""The processes below a process, their time and memory, and the worker of a wiki, read from /proc (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    found = []
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    return [pid, *(below for child in children(pid) for below in tree(child))]


def command_of(pid: int) -> str:
    """Return the command line of a process; "" if it has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def memory_of(pid: int) -> int:
    """Return the proportional set size (PSS) of a process in KB; 0 if it has ended."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def cpu_of_tree(pid: int) -> float:
    """Return the CPU time in ms that a process and all below it have used; those that have ended do not count."""
    ticks = 0
    for process in tree(pid):
        try:
            fields = (PROC / str(process) / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def worker_of(data: Path) -> int | None:
    """Return the process that holds the worker lock of the data folder `data`; None if there is none."""
    lock = data / "worker.lock"
    if not lock.exists():
        return None
    inode = f":{lock.stat().st_ino}"
    for line in (PROC / "locks").read_text().splitlines():
        fields = line.split()
        if "FLOCK" in fields and "->" not in fields and fields[5].endswith(inode):
            return int(fields[4])
    return None
