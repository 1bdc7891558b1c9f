"""All threads allocate from one heap, where the C library is glibc."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT = """
import ctypes, re, tempfile, threading
from copytui.heap import share_one_heap
if {shared}:
    share_one_heap()
barrier = threading.Barrier(4)
def work():
    kept = [bytearray(5000) for _ in range(50)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile("r") as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(len(re.findall("<heap nr=", file.read())))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc makes a heap for each thread")
@pytest.mark.parametrize(("shared", "enough"), [(True, lambda heaps: heaps == 1), (False, lambda heaps: heaps > 1)])
def test_threads_share_one_heap(shared: bool, enough: object) -> None:
    code = COUNT.format(shared=shared)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)  # noqa: S603
    assert callable(enough)
    assert enough(int(said.stdout))
