"""Wavefront OBJ, which every engine reads: a mesh without its material."""

from __future__ import annotations

from serving.gateway.assets.meshes import Mesh


def write_obj(mesh: Mesh, name: str) -> bytes:
    """A file with one object; texture coordinates count from below, vertices from 1."""
    lines = [f"o {name}"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.positions.tolist()]
    lines += [f"vt {u:.6f} {1.0 - v:.6f}" for u, v in mesh.places.tolist()]
    lines += [f"vn {x:.5f} {y:.5f} {z:.5f}" for x, y, z in mesh.normals.tolist()]
    lines += ["f " + " ".join(f"{i}/{i}/{i}" for i in corners) for corners in (mesh.triangles.astype(int) + 1).tolist()]
    return ("\n".join(lines) + "\n").encode()
