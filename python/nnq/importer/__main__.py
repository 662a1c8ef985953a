"""Run as python -m nnq.importer."""

import sys

from .command import main

sys.exit(main())
