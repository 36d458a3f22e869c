"""The life of a study: plan, preflight, schedule, execution, status, report. No torch outside of worker processes."""
