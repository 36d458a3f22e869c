"""What a results folder holds: plan, results, leases, submissions, snapshot and table. No torch."""
