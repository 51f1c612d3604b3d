"""Writes gen/ from proto/: messages, gRPC stubs and their types. Run it after each change of a .proto file."""

import sys
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
"""Of the environment that runs this, which need not be on PATH."""


def generate(out: Path) -> None:
    """Write every stub below `out`; raises SystemExit with protoc's own code when a file is wrong."""
    out.mkdir(exist_ok=True)
    protos = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    includes = [f"-I{ROOT / 'proto'}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
    outputs = [f"--{kind}_out={out}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    plugins = [f"--plugin=protoc-gen-{kind}={BIN / f'protoc-gen-{kind}'}" for kind in ("mypy", "mypy_grpc")]
    code = protoc.main(["protoc", *includes, *plugins, *outputs, *protos])
    if code != 0:
        raise SystemExit(code)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "gen")
