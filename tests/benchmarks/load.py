"""A small load generator: requests one URL over several persistent connections, and counts the responses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

CONNECTIONS = 8
SECONDS = 2.0


def requests_per_second(port: int, path: str, status: int, headers: Mapping[str, str] | None = None) -> float:
    """Return the responses per second for `path` of the local server. Raises AssertionError for another status."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Language: fr\r\n{more}\r\n".encode()

    async def all_of_them() -> float:
        start = time.perf_counter()
        end = start + SECONDS
        counts = await asyncio.gather(*(_ask(port, request, status, end) for _ in range(CONNECTIONS)))
        return sum(counts) / (time.perf_counter() - start)

    return asyncio.run(all_of_them())


async def _ask(port: int, request: bytes, status: int, end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.perf_counter() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status}".encode()), head[:200]
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))
        count += 1
    writer.close()
    return count
