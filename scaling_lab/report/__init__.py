"""Results and figures to one HTML page. No torch."""

from scaling_lab.report.page import write

__all__ = ["write"]
