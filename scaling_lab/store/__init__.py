"""Contents of a results folder: plan, results, leases, submissions, snapshot and table. No torch."""
