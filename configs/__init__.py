"""The experiments a user edits: one flat YAML each. Read by `reid`, `mtmc` and `benchmarks`, packaged with them."""
