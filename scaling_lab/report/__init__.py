"""Results and figures as one HTML page. Start reading at `page.py`. No torch."""

from scaling_lab.report.page import write_report

__all__ = ["write_report"]
