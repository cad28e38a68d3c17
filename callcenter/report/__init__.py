"""Numbers per queue and per agent and interval, with the rules behind them and how well the PBX was heard.

`read_report` asks the archive; `to_json` gives the form that other programs read, `to_table` and `to_csv` rows for
people.
"""

from callcenter.report.build import Report, ReportRequest, build_report, read_report
from callcenter.report.shown import Table, to_csv, to_json, to_table

__all__ = ["Report", "ReportRequest", "Table", "build_report", "read_report", "to_csv", "to_json", "to_table"]
