"""Networks that did not learn: at chance, collapsed or diverged, and which verdicts they change."""
