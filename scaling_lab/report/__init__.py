"""Results and figures as one HTML page. Start reading at `page.py`. No torch."""

from scaling_lab.report.index_page import write_index
from scaling_lab.report.page import write_report
from scaling_lab.report.studies_page import write_studies_report

__all__ = ["write_index", "write_report", "write_studies_report"]
