"""Results and figures to one HTML page. No torch."""

from scaling_lab.report.page import write_report

__all__ = ["write_report"]
