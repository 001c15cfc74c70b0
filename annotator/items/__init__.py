"""Items after their import: found, tagged and grouped, withdrawn, taken back and erased."""
