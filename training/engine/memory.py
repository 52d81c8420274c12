"""Which errors mean that memory ran out, whatever raised them."""

from __future__ import annotations


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy, TensorFlow or JAX ran out of memory, of the machine or of its accelerator."""
    if isinstance(error, MemoryError):
        return True
    # By name, so that no backend is imported for it. TensorFlow says the same of full disks.
    exhausted = type(error).__name__ == "ResourceExhaustedError" or "RESOURCE_EXHAUSTED" in str(error)
    return exhausted and "space left" not in str(error)
