"""Writes the elements of an array as they are: npy_to_raw.py FILE KEY OUT, without numpy."""

import struct
import sys
import zipfile
from pathlib import Path

file, key, out = sys.argv[1:]
data = zipfile.ZipFile(file).read(f"{key}.npy") if file.endswith(".npz") else Path(file).read_bytes()
Path(out).write_bytes(data[10 + struct.unpack("<H", data[8:10])[0] :])
