# SPDX-License-Identifier: Apache-2.0
"""The package's version, for pyproject.toml and User-Agent."""

VERSION = "0.1.0"
