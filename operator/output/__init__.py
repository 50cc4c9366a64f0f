"""What commands print: marks, trees, tables, documents, exit codes."""
