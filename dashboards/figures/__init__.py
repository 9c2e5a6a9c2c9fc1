"""The figures of the three pages, one module a question. Each says what it counts; no page counts for itself."""
